//! Paths that are put together: `fmt.Sprintf("/proc/%d/ns/net", os.Getpid())`.

use super::netns::Netns;
use super::state::State;
use super::value::Value;

/// Stands for the process id, which is the main thread's.
pub(crate) const PID: &str = "{pid}";
/// Stands for the id of the thread that asked.
pub(crate) const TID: &str = "{tid}";

/// A device that is made through it is in the namespace of the thread that opened it (`tun_chr_open` in
/// drivers/net/tun.c; measured on 6.18: 20 of 20, whoever made the request).
pub(crate) const TUN: &str = "/dev/net/tun";

/// How a value reads inside a text; `{}` where it is not known.
pub(crate) fn piece(value: &Value) -> String {
    match value.inner() {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Path(path) if &**path == PID || &**path == TID => path.to_string(),
        _ => "{}".into(),
    }
}

/// The namespace of the device that these values name, or parts of them do.
pub(crate) fn about(values: &[Value], state: &State) -> Option<Netns> {
    values.iter().find_map(|it| match it.inner() {
        Value::Thing(thing) => Some(thing.of.clone()),
        Value::Text(text) => text.of.clone(),
        Value::Object(id) => about(std::slice::from_ref(state.field(*id, "[]")?), state),
        _ => None,
    })
}

/// What a value reads as where a path is asked for; an id stands for the
/// descriptor in `/proc` that helpers build from it.
pub(crate) fn path(value: &Value) -> String {
    match value.inner() {
        Value::Path(id) if &**id == PID => "/proc/{pid}/ns/net".into(),
        Value::Path(id) if &**id == TID => "/proc/{tid}/ns/net".into(),
        _ => piece(value),
    }
}

/// Joins parts of a path.
pub(crate) fn join(pieces: &[String]) -> String {
    let mut joined = String::new();
    for piece in pieces {
        if !joined.is_empty() && !joined.ends_with('/') && !piece.starts_with('/') {
            joined.push('/');
        }
        joined.push_str(piece);
    }
    joined
}

/// Whether a name says that the thread came from there: `hostNS`, `origns`.
/// Only asked where the thread is away, for a value whose origin is out of sight.
pub fn suggests_home(symbol: &str) -> bool {
    // What is in a result, or in a struct around it, is what that is called.
    let mut symbol = symbol.trim_end_matches(".?");
    let is_field = |it: &str| it.rsplit_once('.').is_some_and(|it| !it.1.starts_with(|it: char| it.is_ascii_digit()));
    while let Some((around, "0")) = symbol.rsplit_once('.').filter(|it| is_field(it.0)) {
        symbol = around.trim_end_matches(".?");
    }
    let name = match symbol.rsplit_once(['.', ':']) {
        // The part behind `#` of a variable is a number, the one behind `.` of that a field.
        Some((_, last)) if !last.starts_with(|it: char| it.is_ascii_digit()) => last,
        _ => symbol,
    };
    let name = name.split('#').next().unwrap_or(name).to_ascii_lowercase();
    const NAMES: &[&str] = &[
        "home", "host", "orig", "old", "prev", "init", "saved", "root", "default", "parent", "self", "back", "cur",
        "main", "before", "previous", "former", "source",
    ];
    NAMES.iter().any(|it| name.contains(it))
}

/// The name of a system call by its number: by the constant, or by the number on
/// one of the architectures that Go and Rust programs spell out (setns(2)).
pub(crate) fn system_call(number: &Value) -> Option<&'static str> {
    match number.inner() {
        Value::Path(path) if path.ends_with("SYS_SETNS") || path.ends_with("SYS_setns") => Some("setns"),
        Value::Path(path) if path.ends_with("SYS_UNSHARE") || path.ends_with("SYS_unshare") => Some("unshare"),
        // 386, amd64, arm, arm64, ppc64, s390x.
        Value::Int(346 | 308 | 375 | 374 | 268 | 350 | 339) => Some("setns"),
        _ => None,
    }
}

/// Whether the number of an ioctl is that of a request about devices, which is netdevice(7)'s: by the constant.
pub(super) fn is_about_devices(request: &Value) -> bool {
    let Value::Path(path) = request.inner() else { return false };
    let name = path.rsplit("::").next().unwrap_or(path);
    ["SIOCGIF", "SIOCSIF", "SIOCDIF", "SIOCBR", "SIOCETHTOOL", "SIOCADDRT", "SIOCDELRT"]
        .iter()
        .any(|it| name.starts_with(it))
}

/// Fills in a format string: `%d`, `%s`, `%v` in Go, `{}` in Rust.
pub(crate) fn format(format: &str, args: &[Value]) -> String {
    let mut text = String::new();
    let mut args = args.iter();
    let mut rest = format;
    while let Some(at) = rest.find(['%', '{']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        let length = match tail.as_bytes() {
            [b'%', b'%', ..] | [b'{', b'{', ..] => {
                text.push_str(&tail[..1]);
                rest = &tail[2..];
                continue;
            }
            [b'%', ..] => tail.find(|it: char| it.is_ascii_alphabetic()).map_or(tail.len(), |it| it + 1),
            _ => tail.find('}').map_or(tail.len(), |it| it + 1),
        };
        text.push_str(&args.next().map_or_else(|| "{}".into(), piece));
        rest = &tail[length..];
    }
    text.push_str(rest);
    text
}

/// What a path under `/proc` or `/sys` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The main thread's namespace, as a reference: `/proc/self/ns/net`.
    MainThreadReference,
    /// The calling thread's namespace, as a reference: `/proc/thread-self/ns/net`.
    ThreadReference,
    /// Some namespace, as a reference: `/run/netns/x`, `/proc/<pid>/ns/net`.
    OtherReference,
    /// What is in the main thread's namespace: `/proc/net/dev`.
    MainThreadView,
    /// What is in the namespace that sysfs was mounted from: `/sys/class/net`.
    MountView,
    /// What is in the calling thread's namespace: `/proc/sys/net`, `/proc/thread-self/net`, and the devices that are
    /// made through `/dev/net/tun`.
    ThreadView,
    /// Nothing that depends on a namespace.
    Nothing,
}

/// Whether a text that stands in a program names something that [`shows`] knows.
pub(crate) fn is_about_namespaces(text: &str) -> bool {
    let names =
        ["/ns/net", "/proc/net", "/proc/self", "/sys/class/net", "/run/netns", TUN].iter().any(|it| text.contains(it));
    let below = text.starts_with("/proc/") || text.starts_with("/sys/");
    names || (below && text.contains("/net"))
}

/// Whether a value is such a text.
pub(crate) fn is_path_of_namespace(value: &Value) -> bool {
    matches!(value.inner(), Value::Text(text) if is_about_namespaces(text))
}

/// Whether it is the path of a namespace.
pub(crate) fn is_reference(text: &str) -> bool {
    text.ends_with("/ns/net")
}

/// Whether it is such a path, or the beginning of one.
pub(crate) fn leads_to_namespaces(text: &str) -> bool {
    is_about_namespaces(text) || begins_a_path(text)
}

/// Whether a text may be what the path of such a thing begins with, where that is put together.
pub(crate) fn begins_a_path(text: &str) -> bool {
    let mut parts = text.split('/').filter(|it| !it.is_empty());
    match (text.starts_with('/'), parts.next(), parts.next().unwrap_or_default()) {
        (true, Some("proc"), of) => !of.starts_with(|it: char| it.is_ascii_alphabetic()) && parts.next().is_none(),
        (true, Some("sys"), kind) => ["", "class", "bus", "devices"].contains(&kind),
        _ => false,
    }
}

/// What opening or reading the path shows (network_namespaces(7), sysfs(5);
/// measured: ground truth, section B 8).
pub(crate) fn shows(path: &str) -> Shows {
    let path = path.trim_end_matches('/');
    let own = |path: &str| path == "/proc/self" || path == "/proc/{pid}";
    if let Some(start) = path.strip_suffix("/ns/net") {
        return match start {
            _ if own(start) => Shows::MainThreadReference,
            "/proc/thread-self" => Shows::ThreadReference,
            _ if start.ends_with("/task/{tid}") || start == "/proc/{tid}" => Shows::ThreadReference,
            _ => Shows::OtherReference,
        };
    }
    if path.starts_with("/run/netns/") || path.starts_with("/var/run/netns/") {
        return Shows::OtherReference;
    }
    let below = |root: &str| path == root || path.starts_with(&format!("{root}/"));
    if is_of_class_net(path) {
        Shows::MountView
    } else if below("/proc/net") || below("/proc/self/net") || below("/proc/{pid}/net") {
        Shows::MainThreadView
    } else if below("/proc/sys/net") || below("/proc/thread-self/net") || path == TUN {
        Shows::ThreadView
    } else {
        Shows::Nothing
    }
}

/// Whether a path of sysfs is that of the class `net`, or of the directory of that class which a device
/// has: what is in these was decided when sysfs was mounted (`class_dir_child_ns_type` in
/// drivers/base/core.c; measured: a sysfs mounted elsewhere shows nothing in the `net` of a virtio device).
fn is_of_class_net(path: &str) -> bool {
    let Some(path) = path.strip_prefix("/sys/") else { return false };
    let mut parts = path.split('/');
    let (kind, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // What a bus or a class calls its devices and drivers may be any word.
    let named = match kind {
        "class" if second == "net" => return true,
        "class" => 1,
        "bus" => 2,
        "devices" => 0,
        _ => return false,
    };
    parts.skip(named).any(|it| it == "net")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_show_what_was_measured() {
        let cases = [
            ("/proc/net/dev", Shows::MainThreadView),
            ("/proc/self/net/dev", Shows::MainThreadView),
            ("/proc/thread-self/net/dev", Shows::ThreadView),
            ("/proc/sys/net/ipv4/ip_forward", Shows::ThreadView),
            ("/dev/net/tun", Shows::ThreadView),
            ("/dev/net/tunnel", Shows::Nothing),
            ("/sys/class/net/eth0/mtu", Shows::MountView),
            ("/sys/class/network", Shows::Nothing),
            ("/sys/class/infiniband/{}/device/net", Shows::MountView),
            ("/sys/class/leds/net", Shows::Nothing),
            ("/sys/devices/virtual/net/eth0", Shows::MountView),
            ("/sys/bus/pci/devices/0000:00:01.0/net", Shows::MountView),
            ("/sys/bus/pci/devices/net", Shows::Nothing),
            ("/sys/bus/pci/devices/0000:00:01.0/network", Shows::Nothing),
            ("/proc/self/ns/net", Shows::MainThreadReference),
            ("/proc/{pid}/task/{tid}/ns/net", Shows::ThreadReference),
            ("/proc/{}/ns/net", Shows::OtherReference),
        ];
        for (path, expected) in cases {
            assert_eq!(shows(path), expected, "{path}");
        }
    }

    #[test]
    fn formats_are_filled_in() {
        let pid = Value::Path(PID.into());
        let filled = format("/proc/%d/task/%d/ns/net", &[pid, Value::Path(TID.into())]);
        assert_eq!(filled, "/proc/{pid}/task/{tid}/ns/net");
        assert_eq!(format("/sys/class/net/{name}/mtu", &[Value::Unknown]), "/sys/class/net/{}/mtu");
    }
}
