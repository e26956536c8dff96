//! What to write where only a person can say how: the same work on a thread that ends, so that nothing has to go back.

use super::depend;
use crate::lang::Rewriting;
use crate::remedy::Remedy;
use crate::source::FileId;

pub(super) fn of(input: &Rewriting<'_>, file: FileId, remedy: &Remedy) -> String {
    let first = |feature| depend::first(input, file, feature);
    let netns = "where `netns` is `netns_scope::Netns::from_path(…)?`";
    match remedy {
        Remedy::AwaitOutside { .. } => format!(
            "{}`netns_scope::asynchronous::AsyncRouteHandle::open(&netns)?` opens the socket there, and is awaited here; \
             or, on a thread that ends, `netns.run(|| tokio::runtime::Builder::new_current_thread().enable_all().build()\
             .map(|it| it.block_on(async {{ … }})))??`, {netns}",
            first(Some("tokio"))
        ),
        Remedy::EnterThere { .. } | Remedy::AskHere { .. } => format!(
            "{}`let socket = netns.run(|| std::net::UdpSocket::bind(…))??` opens it there, for the task to use; or all of \
             the work in `netns.run(|| …)?`, {netns}",
            first(None)
        ),
        _ => format!(
            "{}`netns.run(|| …)?` does the work on a thread that ends, which no way out can leave behind, {netns}",
            first(None)
        ),
    }
}
