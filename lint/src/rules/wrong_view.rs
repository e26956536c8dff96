//! A path under `/proc` or `/sys` shows another network namespace than the one that the thread is in.
//!
//! `/proc/net`, `/proc/self/net`, `/proc/self/ns/net` and `/proc/<own pid>/…` show the namespace of the *main thread*;
//! `/sys/class/net` shows the one of whoever mounted it, and so does the `net` of every device: `/sys/devices/virtual/net`,
//! `/sys/bus/pci/devices/<address>/net`. Measured: 20 of 20 wrong off the main thread, and those of `/sys` wrong everywhere.
//! `/proc/sys/net` follows the calling thread and is fine, and so is `/proc/thread-self`.
//!
//! Who remembers the main thread's namespace as the current one and goes back there is right as long as both threads were in
//! the same: a warning in Rust, whose main thread nothing else moves. It is an error where the thread was away already
//! (measured: nested regions came back to the wrong one 20 of 20 times), and in Go, where goroutines of other regions run
//! on the main thread, wherever they were started.
//!
//! A bind mount of `/proc/self/ns/net` opens it, too: what is kept under the name of the new namespace is the main thread's.
//!
//! Who opens it only inside, to go back there, has nothing else to ask for any more: `/proc/thread-self` would be the way to
//! where the thread is. That is the same warning, and the way out is to open it before the switch.
//!
//! A file of `/sys/class/net` for a device that was looked up with a handle of another namespace is silent: that is where it
//! is meant to be.
//!
//! Rust: on the main thread itself, which is where `main` runs and what it calls, `/proc/self` is right, and so it is in a
//! forked child, which has no other thread. Go: the same, where an `init` locks the goroutine of `main` to it.
//!
//! Reading these files in a program without any region is nobody's business.
//!
//! ## What to do
//!
//! `/proc/thread-self/net` instead of `/proc/net` and `/proc/self/net`, `/proc/thread-self/ns/net` instead of
//! `/proc/self/ns/net`; netlink instead of `/sys/class/net`, also for the device behind a link (`IFLA_PARENT_DEV_NAME`).
//!
//! The fix does that where the path is written in the call, or in the one that it leads to; it is safe, unless what is opened inside may be kept as the way
//! back.

use crate::finding::Level;
use crate::flow::{Entry, Event, Point, Reference, Shows, Site, State, Value, shows};
use crate::ir::{Affinity, Operand, Root};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let certain = if thread.doubt { Certain::No } else { Certain::Yes };
    match &point.event {
        Event::View { shows, path, of, gives_file } => {
            let whose = match shows {
                Shows::MainThreadReference | Shows::MainThreadView => "the main thread's network namespace",
                Shows::MountView => "the network namespace of whoever mounted it",
                _ => return,
            };
            let Some(region) = thread.region() else { return verdict.fine() };
            // There it is the thread itself that is shown.
            if *shows != Shows::MountView && is_main_thread(point) {
                return verdict.fine();
            }
            // Who looks at both asks whether they differ.
            if *shows == Shows::MainThreadReference && !*gives_file && looks_at_thread(point) {
                return verdict.fine();
            }
            let mounted_here = thread.sysfs_of.as_ref() == Some(&region.netns);
            // Who looks for a device by the name that it has elsewhere does not ask for this namespace.
            let elsewhere = of.is_some_and(|it| *it != region.netns);
            if *shows == Shows::MountView && (mounted_here || elsewhere) {
                return verdict.fine();
            }
            let shown = path.replace("{pid}", "<own pid>").replace("{}", "…");
            let message = format!("`{shown}` shows {whose}, not the one that this thread was moved to");
            // The main thread was in it, too, and may be still.
            let shared = *shows != Shows::MountView && thread.main_inside == thread.regions.len();
            let certain = if shared { Certain::No } else { words::certain_inside(point) };
            let mut complaint = complaint(point, point.bite(&region.steps), certain, message);
            complaint.steps = words::way_into(point, region);
            if complaint.place != point.site {
                complaint.steps.push(words::label(point.site, "opened or read here"));
                complaint.bite = "this call leads there".into();
            }
            // Where the function that opens it is at fault itself, that is one fault, however many come by;
            // one that opens what its caller names is not.
            if complaint.cause != point.site.span && !path.contains("{pid}") {
                complaint.yields_to = vec![("wrong-view", point.site.span)];
            }
            verdict.fault(complaint);
        }
        Event::Switch(switch) if switch.back => {
            let Some(reference) = switch.reference.filter(|it| it.of_main_thread && !is_of_main(point)) else { return };
            let site = Site { span: reference.at.span, name: reference.at.span, by_value: false };
            // Where the thread was is no longer to be asked for.
            let late = point.region_of(reference);
            let is_wrong = moves_main_thread(point, reference, late.is_some())
                || late.is_some_and(|it| point.may_mean_to_stay(it));
            let (level, message) = if is_wrong {
                (Level::Error, "the switch back may move this thread to a namespace that it never was in")
            } else {
                (Level::Warning, "the switch back is right only as long as that is where this thread was")
            };
            let message = match late.is_some() {
                true => format!("the main thread's network namespace is opened inside, to go back: {message}"),
                false => format!("the main thread's network namespace is remembered as the current one: {message}"),
            };
            let mut complaint = Complaint { level, ..complaint(point, site, certain, message) };
            if late.is_some() {
                complaint.help = "open /proc/thread-self/ns/net before the switch, and go back to that".into();
                complaint.remedy = None;
            }
            complaint.steps = vec![words::label(point.site, "the thread is moved there")];
            verdict.fault(complaint);
        }
        Event::Left { ended }
            if is_named_current(&point.function.name) && !point.function.is_nested() && !is_main_thread(point) =>
        {
            for reference in ended.iter().flat_map(|it| it.values.iter().flat_map(|value| references(value, &it.state))) {
                if !reference.of_main_thread {
                    continue;
                }
                let site = Site { span: reference.at.span, name: reference.at.span, by_value: false };
                let message = "the main thread's network namespace is handed out as the current one".to_owned();
                verdict.fault(complaint(point, site, certain.clone(), message));
            }
        }
        _ => (),
    }
}

/// Whether the main thread may be elsewhere than this one was: goroutines that are in a region run on it (measured: 200 of
/// 200 where `main` enters one), or this thread was itself away already. A Rust program rarely moves its main thread.
fn moves_main_thread(point: &Point<'_>, reference: &Reference, late: bool) -> bool {
    let goroutine = point.functions[0].affinity == Affinity::UntilPinned;
    let thread = &point.state.thread;
    // Who could not go back is where nobody meant to be.
    let away = thread.regions.len() > 1 || reference.inside.is_some() && !late;
    goroutine || away && thread.failed_back.is_none()
}

/// Whether the step runs on the main thread. A forked child has this thread only.
fn is_main_thread(point: &Point<'_>) -> bool {
    // What the child calls of what the library gives to others is called on any thread, too; who forks itself is not.
    if let Some(depth) = point.state.thread.forked
        && !point.functions.iter().skip(depth + 1).any(|it| it.exported)
    {
        return true;
    }
    point.state.thread.is_main(point.functions[0])
}

/// Whether the text here looks at the namespace of its own thread, too.
fn looks_at_thread(point: &Point<'_>) -> bool {
    let mut texts = point.function.calls().flat_map(|it| &it.args);
    texts.any(|it| matches!(it, Operand::Text(text) if shows(text) == Shows::ThreadReference))
}

/// Whether the step is on the way from `main`, and in Go also in its own goroutine: others are never sure to be on the main
/// thread.
fn is_of_main(point: &Point<'_>) -> bool {
    let first = point.functions[0];
    let other = first.affinity == Affinity::UntilPinned && point.state.thread.entry == Entry::Task;
    is_main_thread(point) || first.root == Some(Root::Main) && !other
}

/// The references that a value is, or that a struct around one holds.
fn references<'a>(value: &'a Value, state: &'a State) -> Vec<&'a Reference> {
    let fields = match value.inner() {
        Value::Object(id) => state.objects.get(id).into_iter().flat_map(|it| it.fields.values()).collect(),
        _ => vec![value],
    };
    fields.into_iter().filter_map(|it| if let Value::Netns(it) = it.inner() { Some(it) } else { None }).collect()
}

/// Whether a function says of itself that it gives the current namespace.
fn is_named_current(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("current") || name.contains("curns") || name.contains("thisns")
}

fn complaint(point: &Point<'_>, place: Site, certain: Certain, message: String) -> Complaint {
    // What is kept may be a way back that nobody sees taken.
    let kept = matches!(point.event, Event::View { shows: Shows::MainThreadReference, gives_file: true, .. });
    Complaint {
        level: Level::Error,
        certain,
        cause: place.span,
        place,
        message,
        help: "ask for the calling thread: /proc/thread-self/…, or netlink instead of /sys/…".into(),
        steps: Vec::new(),
        bite: "opened or read here".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: Some(Remedy::ThreadSelf { path: place.span, opens: point.site.span, kept }),
        entered_by: None,
        yields_to: Vec::new(),
    }
}
