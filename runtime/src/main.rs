//! The command `netns-scope`; what it does is in the library's room `command`.

fn main() -> std::process::ExitCode {
    netns_scope::command::main()
}
