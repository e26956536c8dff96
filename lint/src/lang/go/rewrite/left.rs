//! What a fix leaves as it is, and why.

/// The reasons, each with the names of the calls.
#[derive(Default)]
pub(super) struct Left(Vec<(String, Vec<String>)>);

pub(super) const IN_A_VARIABLE: &str = "the stored handle is in a variable, which nothing else may use";
pub(super) const NO_FORM: &str = "no handle takes the same arguments";
pub(super) const ELSEWHERE: &str = "it is made elsewhere: give that the handle as a parameter";
pub(super) const FOREIGN: &str = "the region calls a function that does it, in a file that is not changed";
pub(super) const FUNCTION_VALUE: &str = "it is a function value: call the handle's method instead";
pub(super) const NO_FAMILY: &str = "its protocol family is not known";
pub(super) const TOO_OLD: &str = "the version in go.mod has no handle form of it";
pub(super) const OTHER_TYPE: &str = "it wants a handle of another type";

impl Left {
    pub(super) fn add(&mut self, why: &str, name: &str) {
        let name = format!("`{name}`");
        match self.0.iter_mut().find(|it| it.0 == why) {
            Some((_, names)) if names.contains(&name) => (),
            Some((_, names)) => names.push(name),
            None => self.0.push((why.to_owned(), vec![name])),
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.0.iter().map(|(why, names)| format!("{}: {why}", names.join(", "))).collect()
    }

    pub(super) fn told(&self, why: &str) -> String {
        let whys = [why.to_owned()].into_iter().filter(|it| !it.is_empty());
        whys.chain(self.notes()).collect::<Vec<_>>().join("; ")
    }
}
