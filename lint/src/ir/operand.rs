//! The values that steps hand to each other.

use super::function::{FunctionId, Place};
use super::step::Callee;

/// The part of a list that says that a loop begins to go through it: what the loop takes out as `[]` is its first element
/// then, and the one after that in the next turn, where they are told apart.
pub const BEGIN: &str = "[begin]";
/// The part that says that it came to the end.
pub const END: &str = "[end]";

/// A value, as far as the analysis follows values.
///
/// `&x`, `*x`, conversions and type assertions are `x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    Unknown,
    Place(Place),
    /// The place, which gives its value away: a later [`Action::Drop`](super::Action::Drop) of it does
    /// nothing. Rust, for a variable used by value (also of a `Copy` type: the
    /// value can still be read).
    Move(Place),
    /// `base.name`, with the same names as [`Target::Field`](super::Target::Field). With [`Operand::Move`]
    /// as the base, the base is gone: its parts are somebody else's.
    Field(Box<Operand>, String),
    /// A function literal, with the variables that it shares.
    Closure(FunctionId),
    /// An `async` block.
    Async(FunctionId),
    /// A function used as a value, a constant, a unit struct, by its full path.
    Path(String),
    /// A method used as a value: `h.Close`.
    Method {
        receiver: Box<Operand>,
        callee: Box<Callee>,
    },
    Text(String),
    Int(i64),
    Bool(bool),
    Nil,
    /// `A + b` on texts.
    Concat(Vec<Operand>),
    /// `A | B` on flags.
    Flags(Vec<Operand>),
    /// A struct literal or tuple struct. Apart, since it is rare and would make every operand larger.
    Struct(Box<Literal>),
    /// A slice, array or map literal.
    List(Vec<Operand>),
    /// `Ok(x)`, `Some(x)`.
    Good(Box<Operand>),
    /// `Err(x)`, `None`, and in Go an error that cannot be nil (`errors.New`, `fmt.Errorf`).
    Bad,
}

/// A struct literal; a tuple has no type and fields `0`, `1`, …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub ty: Option<String>,
    pub fields: Vec<(String, Operand)>,
}

impl Operand {
    pub fn literal(ty: Option<String>, fields: Vec<(String, Operand)>) -> Operand {
        Operand::Struct(Box::new(Literal { ty, fields }))
    }

    /// Whether it is the same each time: a literal, a constant of a library, or a list of such or of what is made of them.
    pub fn is_constant(&self) -> bool {
        let is_function = |it: &Operand| it.is_constant() || matches!(it, Operand::Closure(_));
        let is_element = |it: &Operand| match it {
            Operand::Struct(literal) => literal.fields.iter().all(|it| is_function(&it.1)),
            other => is_function(other),
        };
        match self {
            Operand::Text(_) | Operand::Int(_) | Operand::Bool(_) | Operand::Path(_) => true,
            Operand::Flags(items) | Operand::Concat(items) => items.iter().all(Operand::is_constant),
            Operand::List(items) => items.iter().all(is_element),
            _ => false,
        }
    }

    /// The functions that the operand holds, at any depth.
    pub fn functions(&self, visit: &mut dyn FnMut(FunctionId)) {
        self.clone().each(&mut |operand| {
            if let Operand::Closure(id) | Operand::Async(id) = operand {
                visit(*id);
            }
        });
    }

    /// The paths that the operand names, at any depth.
    pub fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.clone().each(&mut |operand| {
            if let Operand::Path(path) = operand {
                visit(path);
            } else if let Operand::Method { callee, .. } = operand
                && let Callee::Path(path) = &**callee
            {
                visit(path);
            }
        });
    }

    pub(super) fn shift(&mut self, offset: u32) {
        self.each(&mut |operand| {
            if let Operand::Closure(id) | Operand::Async(id) = operand {
                id.0 += offset;
            }
        });
    }

    fn each(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
        visit(self);
        match self {
            Operand::Field(base, _) | Operand::Good(base) => base.each(visit),
            Operand::Method { receiver, callee } => {
                receiver.each(visit);
                if let Callee::Value(value) = &mut **callee {
                    value.each(visit);
                }
            }
            Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
                items.iter_mut().for_each(|it| it.each(visit));
            }
            Operand::Struct(it) => it.fields.iter_mut().for_each(|(_, it)| it.each(visit)),
            Operand::Unknown
            | Operand::Place(_)
            | Operand::Move(_)
            | Operand::Closure(_)
            | Operand::Async(_)
            | Operand::Path(_)
            | Operand::Text(_)
            | Operand::Int(_)
            | Operand::Bool(_)
            | Operand::Nil
            | Operand::Bad => (),
        }
    }
}
