//! What is known of the types of the standard library and of tokio: what a call
//! gives, so that methods on it can be resolved. What calls do is the catalogue's.

use super::Lowerer;
use crate::facts::{Effect, Subject};
use crate::lang::rust::index::Scope;
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    /// What a call of a library gives, with arguments of these types.
    pub(super) fn library_result(&self, path: &str, args: &[Ty]) -> Ty {
        let first = || args.first().map_or(Ty::Unknown, |it| it.peel().clone());
        match path {
            "std::mem::drop" | "std::mem::forget" => return Ty::Plain,
            "std::sync::Arc::clone" | "std::rc::Rc::clone" | "std::clone::Clone::clone" => return first(),
            "std::mem::take" | "std::mem::replace" => return first(),
            "std::mem::ManuallyDrop::take" | "std::mem::ManuallyDrop::into_inner" => return first(),
            "std::mem::ManuallyDrop::new" => {
                return Ty::Named { path: "std::mem::ManuallyDrop".into(), args: vec![first()] };
            }
            "std::string::String::from" | "std::path::PathBuf::from" => return Ty::named("std::string::String"),
            "std::path::Path::new" => return Ty::Reference(Box::new(Ty::named("std::path::Path"))),
            // A number or a pointer.
            _ if path.starts_with("libc::") => return Ty::Plain,
            _ => (),
        }
        // What `derive` makes.
        if let Some((ty, "default")) = path.rsplit_once("::")
            && self.index.is_own(ty)
            && !self.index.is_trait(ty)
        {
            return self.index.ty(&Ty::named(ty), &Scope::default());
        }
        let Some(fact) = self.index.facts.call(path) else { return made(path) };
        // Whatever the caller asks for.
        if matches!(fact.effect, Effect::Parse { .. }) {
            return Ty::Unknown;
        }
        let good = match &fact.results[..] {
            [] => match (called_back(&fact.effect, args), made(path)) {
                (Some(given), _) => given,
                // Whatever was sent, results among it.
                (None, Ty::Unknown) if matches!(fact.effect, Effect::Receive { .. }) => Ty::Unknown,
                // What matters is said; what is not does not.
                (None, Ty::Unknown) if fact.fallible => Ty::Plain,
                (None, made) => made,
            },
            [one] => named(one),
            all => Ty::Tuple(all.iter().map(|it| named(it)).collect()),
        };
        match &fact.effect {
            Effect::Spawn { .. } => spawned(path, good),
            Effect::Receive { future: true } => Ty::Future(Box::new(Ty::result(good))),
            _ if fact.fallible && !good.is_fallible() && !matches!(good, Ty::Future(_)) => Ty::result(good),
            _ => good,
        }
    }
}

/// A type as the catalogue spells it.
fn named(text: &str) -> Ty {
    match text.strip_prefix("[]") {
        _ if text.is_empty() => Ty::Unknown,
        Some(element) => Ty::List(Box::new(named(element))),
        None => Ty::named(text),
    }
}

/// What the closure gives that the call runs.
fn called_back(effect: &Effect, args: &[Ty]) -> Option<Ty> {
    let at = match effect {
        Effect::Run { callback, .. } | Effect::RunInside { callback, .. } => *callback,
        Effect::Spawn { callback: Subject::Arg(at), .. } => *at,
        Effect::BlockOn { future, .. } => *future,
        _ => return None,
    };
    Some(match args.get(at)?.peel() {
        Ty::Function(_, result) => match result.peel() {
            Ty::Future(output) => (**output).clone(),
            _ => (**result).clone(),
        },
        Ty::Future(output) => (**output).clone(),
        _ => Ty::Unknown,
    })
}

fn spawned(path: &str, inner: Ty) -> Ty {
    let (krate, last) = (path.split("::").next().unwrap_or(""), path.rsplit("::").next().unwrap_or(""));
    let handle = Ty::Named { path: "std::thread::JoinHandle".into(), args: vec![inner.clone()] };
    match (krate, last) {
        ("std", _) if path == "std::thread::Builder::spawn" => Ty::result(handle),
        ("std", "spawn" | "spawn_scoped") => handle,
        ("tokio", "spawn" | "spawn_blocking" | "spawn_local") if !path.contains("JoinSet") => {
            Ty::Future(Box::new(Ty::result(inner)))
        }
        ("tokio", "block_in_place") => inner,
        _ => Ty::Unknown,
    }
}

/// `Type::new` and the like, of libraries that mean what everybody means by it.
fn made(path: &str) -> Ty {
    let Some((ty, function)) = path.rsplit_once("::") else { return Ty::Unknown };
    let is_type = ty.rsplit("::").next().is_some_and(|it| it.starts_with(char::is_uppercase));
    if !is_type || !(ty.starts_with("std::") || ty.starts_with("tokio::")) {
        return Ty::Unknown;
    }
    match function {
        "new" if ty != "std::ffi::CString" => Ty::named(ty),
        "with_capacity" | "default" => Ty::named(ty),
        _ => made_inside(path),
    }
}

/// The same for those that can fail.
fn made_inside(path: &str) -> Ty {
    let Some((ty, function)) = path.rsplit_once("::") else { return Ty::Unknown };
    match (ty.split("::").next(), function) {
        (Some("std"), "open" | "create" | "bind" | "connect" | "create_new") => Ty::result(Ty::named(ty)),
        (Some("tokio"), "open" | "create" | "bind" | "connect") => Ty::Future(Box::new(Ty::result(Ty::named(ty)))),
        (Some("std" | "tokio"), _) if made_of_itself(ty, function) => Ty::named(ty),
        _ => Ty::Unknown,
    }
}

/// Builders whose methods give the builder.
fn made_of_itself(ty: &str, method: &str) -> bool {
    match ty {
        "std::process::Command" | "tokio::process::Command" => {
            !matches!(method, "spawn" | "output" | "status" | "exec")
        }
        "std::thread::Builder" => matches!(method, "name" | "stack_size"),
        "tokio::runtime::Builder" => !method.starts_with("build"),
        "std::fs::OpenOptions" | "tokio::fs::OpenOptions" => method != "open",
        _ => false,
    }
}

/// What the closures are called with that a function of a library takes.
pub(super) fn callback(path: &str) -> Vec<Ty> {
    let one = |input: &str| vec![Ty::Function(vec![Ty::Reference(Box::new(Ty::named(input)))], Box::default())];
    match path {
        "std::thread::scope" => one("std::thread::Scope"),
        "rayon::scope" | "rayon::in_place_scope" => one("rayon::Scope"),
        _ => Vec::new(),
    }
}

/// What the closure is called with that a method of something that holds values takes.
pub(super) fn held_callback(ty: &Ty, method: &str) -> Vec<Ty> {
    let held = match method {
        "map" | "and_then" | "is_some_and" | "is_ok_and" | "inspect" if ty.is_fallible() => ty.inside(),
        "for_each" | "map" | "filter_map" | "flat_map" | "find_map" | "any" | "all" | "position" => ty.element(),
        "filter" | "find" => reference_to(ty.element()),
        _ => return Vec::new(),
    };
    vec![Ty::Function(vec![held], Box::default())]
}

/// What awaiting something of a type gives.
pub(super) fn awaited(ty: &Ty) -> Ty {
    match ty.peel() {
        Ty::Future(output) => (**output).clone(),
        Ty::Named { path, args }
            if matches!(
                &**path,
                "tokio::task::JoinHandle" | "tokio::sync::oneshot::Receiver" | "futures::channel::oneshot::Receiver"
            ) =>
        {
            Ty::result(args.first().cloned().unwrap_or_default())
        }
        _ => ty.clone(),
    }
}

/// Whether a method fills a cell that is written once.
pub(super) fn fills(ty: &Ty, method: &str) -> bool {
    let is_cell = ty.path().is_some_and(|it| it.ends_with("::OnceLock") || it.ends_with("::OnceCell"));
    is_cell && matches!(method, "set" | "get_or_init" | "get_or_try_init")
}

/// What methods of the standard library's own types give.
pub(super) fn method(ty: &Ty, method: &str) -> Ty {
    let of = |inner: Ty| if ty.path() == Some("std::option::Option") { Ty::option(inner) } else { Ty::result(inner) };
    if ty.is_fallible() {
        return match method {
            "unwrap" | "expect" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "unwrap_unchecked" => {
                ty.inside()
            }
            "ok" => Ty::option(ty.inside()),
            "ok_or" | "ok_or_else" => Ty::result(ty.inside()),
            "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" => {
                let inner = ty.inside();
                of(if inner == Ty::Unknown { inner } else { Ty::Reference(Box::new(inner)) })
            }
            "context" | "with_context" | "wrap_err" | "wrap_err_with" => Ty::result(ty.inside()),
            "take" | "replace" | "cloned" | "copied" | "map_err" | "or_else" | "inspect" | "inspect_err" | "filter"
            | "or" | "clone" => of(match ty.inside() {
                Ty::Reference(inner) if matches!(method, "cloned" | "copied" | "clone" | "take") => *inner,
                inner => inner,
            }),
            "map" | "and_then" | "and" => of(Ty::Unknown),
            "is_some_and" | "is_ok_and" | "is_none_or" | "is_err_and" => Ty::Plain,
            "iter" | "into_iter" | "iter_mut" => Ty::List(Box::new(ty.inside())),
            "insert" | "get_or_insert" | "get_or_insert_with" => reference_to(ty.inside()),
            "flatten" => ty.inside(),
            "unwrap_err" | "expect_err" | "err" => Ty::Unknown,
            _ => Ty::Unknown,
        };
    }
    let argument = |at: usize| match ty.peel() {
        Ty::Named { args, .. } => args.get(at).cloned().unwrap_or_default(),
        _ => Ty::Unknown,
    };
    let short = match ty.peel() {
        Ty::Named { path, .. } => path.rsplit("::").next().unwrap_or(""),
        _ => "",
    };
    let is_std = matches!(ty.peel(), Ty::Named { path, .. } if path.starts_with("std::"));
    match (short, method) {
        ("JoinHandle" | "ScopedJoinHandle", "join") => Ty::result(argument(0)),
        _ if matches!(ty.peel(), Ty::Named { path, .. } if made_of_itself(path, method)) => {
            reference_to(ty.peel().clone())
        }
        ("Mutex" | "RwLock", "lock" | "read" | "write") => {
            let guard = reference_to(argument(0));
            if is_std {
                Ty::result(guard)
            } else if matches!(ty.peel(), Ty::Named { path, .. } if path.starts_with("tokio::")) {
                Ty::Future(Box::new(guard))
            } else {
                guard
            }
        }
        (_, "par_iter" | "par_iter_mut" | "into_par_iter" | "par_bridge" | "par_chunks") => parallel(ty.element()),
        ("ParallelIterator", "filter" | "inspect" | "cloned" | "copied" | "rev" | "with_min_len" | "with_max_len") => {
            ty.peel().clone()
        }
        ("ParallelIterator", "map" | "filter_map" | "flat_map" | "enumerate" | "zip" | "chain") => {
            parallel(Ty::Unknown)
        }
        ("RefCell", "borrow" | "borrow_mut") => reference_to(argument(0)),
        ("Weak", "upgrade") => Ty::option(argument(0)),
        ("OnceLock" | "OnceCell", "get" | "get_mut") => Ty::option(reference_to(argument(0))),
        ("OnceLock" | "OnceCell", "get_or_init") => reference_to(argument(0)),
        ("HashMap" | "BTreeMap", "get" | "get_mut") => Ty::option(reference_to(argument(1))),
        ("HashMap" | "BTreeMap", "remove" | "insert") => Ty::option(argument(1)),
        ("HashMap" | "BTreeMap", "values" | "values_mut" | "into_values") => Ty::List(Box::new(argument(1))),
        ("Vec" | "VecDeque", "pop" | "pop_front" | "pop_back") => Ty::option(argument(0)),
        ("Vec", "push" | "extend" | "clear" | "reserve") => Ty::Plain,
        (
            _,
            "first" | "last" | "get" | "get_mut" | "next" | "iter().next" | "first_mut" | "last_mut" | "find" | "nth"
            | "min_by_key" | "max_by_key" | "min_by" | "max_by" | "rfind" | "next_back",
        ) if ty.element() != Ty::Unknown => Ty::option(ty.element()),
        (
            _,
            "iter" | "iter_mut" | "into_iter" | "drain" | "as_slice" | "rev" | "skip" | "take" | "filter" | "chain"
            | "peekable" | "cloned" | "copied" | "by_ref",
        ) if ty.element() != Ty::Unknown => Ty::List(Box::new(ty.element())),
        (_, "enumerate") if ty.element() != Ty::Unknown => Ty::List(Box::new(Ty::Tuple(vec![Ty::Plain, ty.element()]))),
        (_, "clone" | "to_owned") => ty.peel().clone(),
        (
            _,
            "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "deref" | "deref_mut" | "by_ref" | "as_fd" | "as_deref",
        ) => reference_to(ty.peel().clone()),
        (
            _,
            "unwrap" | "expect" | "unwrap_or_default" | "into_inner" | "unwrap_or" | "unwrap_or_else" | "map_err"
            | "or_else" | "inspect_err" | "context" | "with_context",
        ) => ty.clone(),
        (_, "to_string" | "display" | "to_string_lossy" | "to_lowercase" | "to_uppercase") => {
            Ty::named("std::string::String")
        }
        (_, "as_str" | "as_path" | "as_bytes" | "trim" | "to_str") => reference_to(Ty::named("str")),
        (
            _,
            "len" | "is_empty" | "as_raw_fd" | "contains" | "starts_with" | "ends_with" | "eq" | "ne" | "cmp"
            | "exists" | "contains_key" | "as_u32" | "as_raw" | "id" | "hash" | "count",
        ) => Ty::Plain,
        _ => Ty::Unknown,
    }
}

/// What rayon's methods go through, of which elements each is handed to a thread of the pool.
fn parallel(element: Ty) -> Ty {
    Ty::Named { path: PARALLEL.into(), args: if element == Ty::Unknown { Vec::new() } else { vec![element] } }
}

/// Whether a type hands what it goes through to a pool.
pub(super) fn is_parallel(ty: &Ty) -> bool {
    ty.path() == Some(PARALLEL)
}

const PARALLEL: &str = "rayon::iter::ParallelIterator";

fn reference_to(ty: Ty) -> Ty {
    if ty == Ty::Unknown { ty } else { Ty::Reference(Box::new(ty)) }
}
