//! Paths that are put together: `fmt.Sprintf("/proc/%d/ns/net", os.Getpid())`.

use super::value::Value;

/// Stands for the process id, which is the main thread's.
pub const PID: &str = "{pid}";
/// Stands for the id of the thread that asked.
pub const TID: &str = "{tid}";

/// How a value reads inside a text; `{}` where it is not known.
pub fn piece(value: &Value) -> String {
    match value.inner() {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Path(path) if &**path == PID || &**path == TID => path.to_string(),
        _ => "{}".into(),
    }
}

/// Fills in a format string: `%d`, `%s`, `%v` in Go, `{}` in Rust.
pub fn format(format: &str, args: &[Value]) -> String {
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
    /// Nothing that depends on a namespace, or the calling thread's: `/proc/sys/net`.
    Nothing,
}

/// What opening or reading the path shows (network_namespaces(7), sysfs(5);
/// measured: ground truth, section B 8).
pub fn shows(path: &str) -> Shows {
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
    if below("/sys/class/net") || below("/sys/devices/virtual/net") {
        Shows::MountView
    } else if below("/proc/net") || below("/proc/self/net") || below("/proc/{pid}/net") {
        Shows::MainThreadView
    } else {
        Shows::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_show_what_was_measured() {
        let cases = [
            ("/proc/net/dev", Shows::MainThreadView),
            ("/proc/self/net/dev", Shows::MainThreadView),
            ("/proc/thread-self/net/dev", Shows::Nothing),
            ("/proc/sys/net/ipv4/ip_forward", Shows::Nothing),
            ("/sys/class/net/eth0/mtu", Shows::MountView),
            ("/sys/class/network", Shows::Nothing),
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
