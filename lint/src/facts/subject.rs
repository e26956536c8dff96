//! Which of a call's values a fact talks about.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// Which of the call's values a fact talks about: `"receiver"`, `"arg0"` or
/// plain `0`, `"current"`, `"home"`, `"new"`, `"other"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Receiver,
    Arg(usize),
    /// What the thread is in at that moment.
    Current,
    /// What the process began in.
    Home,
    /// A namespace that this call makes.
    New,
    /// Some namespace that the text does not name.
    Other,
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spelling;

        impl Visitor<'_> for Spelling {
            type Value = Subject;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("one of receiver, current, home, new, other, arg0, arg1, …")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Subject, E> {
                self.visit_i64(number.try_into().unwrap_or(-1))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Subject, E> {
                let number = usize::try_from(number);
                number.map(Subject::Arg).map_err(|_| E::custom("arguments count from 0"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Subject, E> {
                match text {
                    "receiver" => Ok(Subject::Receiver),
                    "current" => Ok(Subject::Current),
                    "home" => Ok(Subject::Home),
                    "new" => Ok(Subject::New),
                    "other" => Ok(Subject::Other),
                    _ => {
                        let number = text.strip_prefix("arg").and_then(|it| it.parse().ok());
                        number.map(Subject::Arg).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
                    }
                }
            }
        }

        deserializer.deserialize_any(Spelling)
    }
}
