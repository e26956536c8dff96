//! Integration tests of both programs live beside this file.
