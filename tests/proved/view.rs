//! A file under /proc/self shows the main thread's namespace.
use std::fs::{self, File};
use std::io::{self, Read};
use std::thread;

use nix::sched::{CloneFlags, setns};

fn show(netns: File) -> io::Result<String> {
    thread::spawn(move || {
        setns(&netns, CloneFlags::CLONE_NEWNET)?;
        fs::read_to_string("/proc/self/net/dev")
    })
    .join()
    .expect("the thread panicked")
}

fn main() -> io::Result<()> {
    let path = std::env::args().nth(1).expect("a path");
    for line in show(File::open(path)?)?.lines() {
        if let Some((name, _)) = line.split_once(':') {
            println!("{}", name.trim());
        }
    }
    println!("waiting");
    io::stdin().read(&mut [0]).map(drop)
}
