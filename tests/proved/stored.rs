//! A handle that is kept in a static is bound where it was opened, whatever the thread does later.
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::thread;

use futures::TryStreamExt;
use nix::sched::{CloneFlags, setns};
use rtnetlink::packet_route::link::LinkAttribute;
use tokio::runtime::Builder;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

static SHARED: OnceLock<rtnetlink::Handle> = OnceLock::new();

fn open() -> Result<()> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    tokio::spawn(connection);
    SHARED.set(handle).map_err(|_| "it is open already")?;
    Ok(())
}

fn show(netns: File) -> Result<()> {
    thread::spawn(move || {
        setns(&netns, CloneFlags::CLONE_NEWNET)?;
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let mut links = SHARED.get().expect("it was opened").link().get().execute();
            while let Some(link) = links.try_next().await? {
                for attribute in link.attributes {
                    if let LinkAttribute::IfName(name) = attribute {
                        println!("{name}");
                    }
                }
            }
            wait()?;
            Ok(())
        })
    })
    .join()
    .expect("the thread panicked")
}

/// Lets others look at the process until they close its standard input.
fn wait() -> io::Result<()> {
    println!("waiting");
    io::stdin().read(&mut [0]).map(drop)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    open()?;
    show(File::open(std::env::args().nth(1).expect("a path"))?)
}
