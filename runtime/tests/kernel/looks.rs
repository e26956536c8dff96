//! `show`, `diff`, `exec`, `verify` and `graph`, and what all of them do with bad input.

use std::process::Command;

use netns_scope::{Netns, RouteHandle};
use serde_json::{Value, json};

use crate::{
    Held, Test,
    command::{PROGRAM, netns_scope, run},
    inventory::{mount_run, name},
};

pub(crate) const TESTS: &[Test] = &[
    ("show_and_diff_two_namespaces", show_and_diff_two_namespaces),
    ("exec_runs_inside", exec_runs_inside),
    ("verify_proves_itself", verify_proves_itself),
    ("graph_draws_pairs_across_boxes", graph_draws_pairs_across_boxes),
    ("the_command_refuses_in_one_line", refuses_in_one_line),
    ("tables_fit_and_colours_obey", tables_fit_and_colours_obey),
];

/// Two namespaces with a pair between them, and an address in one.
fn blue_and_green() -> [Netns; 2] {
    mount_run();
    let [blue, green] = [(); 2].map(|()| Netns::create().unwrap());
    name(&blue, "blue");
    name(&green, "green");
    let mut route = RouteHandle::open(&blue).unwrap();
    route.create_veth("near", "far", Some(&green)).unwrap();
    let link = route.link_named("near").unwrap().unwrap();
    route.set_up(link.header.index).unwrap();
    route.add_address(link.header.index, "192.0.2.1".parse().unwrap(), 24).unwrap();
    [blue, green]
}

fn show_and_diff_two_namespaces() {
    let [blue, _green] = blue_and_green();
    let shown = netns_scope(&["show", "blue", "links", "addrs", "--format", "json"]);
    assert_eq!(shown.status, 0, "{shown:?}");
    let shown = shown.json();
    assert_eq!(shown["id"], json!(blue.id().kernel().map(|it| it.to_string())));
    let near = shown["links"].as_array().unwrap().iter().find(|it| it["name"] == json!("near")).unwrap();
    assert_eq!((&near["kind"], &near["state"], &near["peer"]), (&json!("veth"), &json!("up"), &json!("elsewhere")));
    let addresses: Vec<_> = shown["addrs"].as_array().unwrap().iter().map(|it| &it["address"]).collect();
    assert!(addresses.contains(&&json!("192.0.2.1/24")), "{addresses:?}");
    assert!(shown.get("routes").is_none());

    let everything = netns_scope(&["show", "blue", "--proof"]);
    for words in ["shown by", "LINKS (2)", "ADDRS", "ROUTES", "NEIGH", "RULES", "SOCKETS", "near", "192.0.2.0/24"] {
        assert!(everything.out.contains(words), "{words}: {}", everything.out);
    }

    let differ = netns_scope(&["diff", "blue", "green", "links", "addrs", "--format", "json"]);
    assert_eq!(differ.status, 1, "{differ:?}");
    let names = |side: &str| -> Vec<Value> {
        let links = &differ.json()["sections"]["links"][side];
        links.as_array().unwrap().iter().map(|it| it["name"].clone()).collect()
    };
    assert_eq!((names("only_left"), names("only_right")), (vec![json!("near")], vec![json!("far")]));
    let same = netns_scope(&["diff", "blue", "/run/netns/blue"]);
    assert_eq!((same.status, same.out.as_str()), (0, ""), "{same:?}");
}

fn exec_runs_inside() {
    let [blue, _green] = blue_and_green();
    let inode = blue.id().inode().number;
    let said = netns_scope(&["exec", "blue", "--", "readlink", "/proc/self/ns/net"]);
    assert_eq!((said.status, said.out.trim()), (0, format!("net:[{inode}]").as_str()), "{said:?}");
    assert_eq!(netns_scope(&["exec", "blue", "--", "sh", "-c", "exit 7"]).status, 7);
    let devices = netns_scope(&["exec", "--sysfs", "blue", "--", "ls", "/sys/class/net"]);
    assert_eq!(devices.out.split_whitespace().collect::<Vec<_>>(), ["lo", "near"], "{devices:?}");
    netns_scope(&["exec", "blue", "--", "/no/such/program"])
        .assert_refused("run /no/such/program in /run/netns/blue: no such file or directory");
}

fn verify_proves_itself() {
    let held = Held::now();
    let said = netns_scope(&["verify", "--format", "json"]);
    assert_eq!(said.status, 0, "{said:?}");
    let sockets = said.json()["sockets"].as_array().unwrap().clone();
    assert_eq!(sockets.len(), 6);
    assert!(sockets.iter().all(|it| it["right"] == json!(true) && it["expected"] == it["found"]), "{said:?}");
    held.assert_unchanged();
}

fn graph_draws_pairs_across_boxes() {
    let [_blue, _green] = blue_and_green();
    let dot = netns_scope(&["graph", "--format", "dot"]);
    let node = |name: &str| {
        let line = dot.out.lines().find(|it| it.contains(&format!("label=\"{name} (veth)"))).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    let (near, far) = (node("near"), node("far"));
    let cable = [format!("  {near} -- {far}\n"), format!("  {far} -- {near}\n")];
    assert!(cable.iter().any(|it| dot.out.contains(it)), "{}", dot.out);
    let mermaid = netns_scope(&["graph", "--format", "mermaid"]).out;
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.matches(" --- ").count() == 1, "{mermaid}");
    let svg = netns_scope(&["graph"]);
    assert_eq!(svg.out.matches(r#"<path class="cable""#).count(), 1, "{svg:?}");
    assert_eq!(svg.out, netns_scope(&["graph"]).out, "the same host is the same picture");
}

fn refuses_in_one_line() {
    mount_run();
    let held = Held::now();
    std::fs::write("/run/netns/left-over", "").unwrap();
    let cases = [
        (&["show", "no-such"][..], "open /run/netns/no-such: no such file or directory"),
        (&["show", "left-over"], "open /run/netns/left-over: not a network namespace but a plain file"),
        (&["pins", "/proc/self/ns/user"], "open /proc/self/ns/user: not a network namespace but a user namespace"),
        (&["show", "pid:2147483647"], "open the network namespace of pid 2147483647: no such process"),
        (&["diff", "tid:2147483647", "pid:1"], "open the network namespace of tid 2147483647: no such process"),
        (&["pins", "ino:12345"], "open ino:12345: no such file or directory"),
        (&["exec", "id:18446744073709551615", "--", "true"], "open id:18446744073709551615: no such file or directory"),
        (&["show", "sock:1/999"], "reach sock:1/999: bad file descriptor"),
        (&["show", "sock:1/0"], "a socket"),
    ];
    for (arguments, words) in cases {
        netns_scope(arguments).assert_refused(words);
    }
    let bare = netns_scope(&["show", "7"]);
    assert!(bare.status == 2 && bare.err.contains("did you mean pid:7, tid:7, ino:7, id:7,"), "{bare:?}");
    let forgotten = netns_scope(&["audit"]);
    assert!(forgotten.status == 2 && forgotten.err.contains("required"), "{forgotten:?}");
    let script = format!("ulimit -n 4; exec {PROGRAM} show /proc/self/ns/net links");
    let short = run(Command::new("sh").args(["-c", &script]));
    short.assert_refused("too many open files (RLIMIT_NOFILE is 4)");
    held.assert_unchanged();
}

fn tables_fit_and_colours_obey() {
    let [_blue, _green] = blue_and_green();
    let wide = |arguments: &[&str], set: &[(&str, &str)]| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_remove("NO_COLOR").env_remove("COLUMNS").envs(set.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let longest = |text: &str| text.lines().filter(|it| !it.starts_with("not seen")).map(|it| it.chars().count()).max();
    let narrow = wide(&["list"], &[("COLUMNS", "60")]);
    assert!(longest(&narrow) <= Some(60), "{narrow}");
    assert!(longest(&wide(&["list"], &[])) > Some(60));
    let coloured = wide(&["--color", "always", "list"], &[]);
    assert!(coloured.contains('\x1b'), "{coloured:?}");
    for plain in [wide(&["list"], &[]), wide(&["--color", "never", "list"], &[]), wide(&["list"], &[("NO_COLOR", "1")])]
    {
        assert!(!plain.contains('\x1b'), "{plain:?}");
    }
}
