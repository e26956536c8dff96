use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::panic;

struct Netns {
    file: File,
    same: bool,
}

impl Netns {
    // The first call of the function runs where nothing was entered.
    fn run<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        let home = File::open("/proc/thread-self/ns/net").unwrap();
        if self.same {
            return Ok(work());
        }
        setns(&self.file, CloneFlags::CLONE_NEWNET)?;
        //| 1: the thread enters another network namespace here
        //| help: build a guard whose Drop switches back before anything can fail, or use a thread of its own that ends
        //| by hand: `cargo add netns-scope`, then `netns.run(|| …)?` does the work on a thread that ends, which no way out can leave behind, where `netns` is `netns_scope::Netns::from_path(…)?`
        let done = work();
        //| 2: a panic of the function that it calls leaves here
        setns(&home, CloneFlags::CLONE_NEWNET)?;
        Ok(done)
    }
}

fn handed_on(netns: &File, home: &File) -> Option<usize> {
    setns(netns, CloneFlags::CLONE_NEWNET).ok()?;
    //| 1: the thread enters another network namespace here
    let all = panic::catch_unwind(pnet_datalink::interfaces).map(|it| it.len());
    //| 2: `pnet_datalink::interfaces` opens a hidden socket here, and has no handle form
    //| help: no handle does the same, and nothing has to change: the call is right as long as it stays on this thread; say so where you allow it: `// netns: allow(global-handle) -- …`
    //| by hand: `pnet_datalink::interfaces`: no handle gives the same; `cargo add netns-scope`, then without any switch `netns.run(|| …)?`, where `netns` is `netns_scope::Netns::from_path(…)?`
    setns(home, CloneFlags::CLONE_NEWNET).expect("the way home");
    all.ok()
}

fn other_types(netns: &File, home: &File) -> u32 {
    setns(netns, CloneFlags::CLONE_NEWNET).expect("the way there");
    //| 1: the thread enters another network namespace here
    let index = unsafe { libc::if_nametoindex(c"lo".as_ptr()) };
    //| 2: `libc::if_nametoindex` opens a hidden socket here
    //| help: open a handle at the start of the region, send every call through it, close it at the end
    //| by hand: `libc::if_nametoindex`: `netns_scope::RouteHandle::link_index` does the same, but takes and gives other types: call that instead; `cargo add netns-scope`, then without any switch `netns_scope::RouteHandle::open(&netns)?`, where `netns` is `netns_scope::Netns::from_path(…)?`; for what has no handle, `netns.run(|| …)?`
    setns(home, CloneFlags::CLONE_NEWNET).expect("the way home");
    index
}
