//! What to write where only a person can say how.

use crate::remedy::Remedy;

pub(super) fn of(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::LeadBack { by_helper: true, .. } => {
            "right after the call defer the way back that it gives (`defer restore()`, `defer guard.Exit()`); if it gives \
             none, let it take what is to run inside as a function, and go back by itself"
        }
        Remedy::LeadBack { .. } => {
            "right after the switch `defer func() { if netns.Set(origin) == nil { runtime.UnlockOSThread() } }()`, where \
             `origin` is what netns.Get() gave after runtime.LockOSThread() and before the switch, and is closed later"
        }
        Remedy::EnterThere { .. } => {
            "let it enter by itself, `go func() { runtime.LockOSThread(); if err := netns.Set(target); err != nil { … } … }()` \
             without an unlock, so that its thread ends with it; or give it what was opened here, as of \
             netlink.NewHandle"
        }
        Remedy::AskHere { .. } => {
            "give it an address that is a number: a name is looked up, and its addresses are tried, on other goroutines. An \
             http.Client takes a connection that was dialled here from the `DialContext` of its `Transport`"
        }
        _ => "",
    }
}
