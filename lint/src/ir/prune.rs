//! Removes the blocks that nothing leads to, and joins those that nothing parts.

use std::collections::VecDeque;

use super::{Action, Block, BlockId, Call, End, Function};

pub(super) fn prune(function: &mut Function) {
    skip_empty(function);
    join(function);
    let mut new: Vec<Option<BlockId>> = vec![None; function.blocks.len()];
    let mut order = Vec::new();
    // The first way on is popped first and so stands next; unwinding comes last.
    let (mut work, mut unwinds) = (vec![BlockId(0)], VecDeque::new());
    while let Some(id) = work.pop().or_else(|| unwinds.pop_front()) {
        if new[id.0 as usize].is_some() {
            continue;
        }
        new[id.0 as usize] = Some(BlockId(order.len() as u32));
        order.push(id);
        let block = function.block(id);
        unwinds.extend(block.steps.iter().filter_map(|it| unwinding(&it.action)));
        let mut ways = Vec::new();
        each_way(&block.end, &mut |it| ways.push(it));
        work.extend(ways.into_iter().rev());
    }
    let renamed = |id: BlockId| new[id.0 as usize].expect("a block that is kept leads to blocks that are kept");
    let mut blocks = std::mem::take(&mut function.blocks);
    for id in order {
        let mut block = std::mem::take(&mut blocks[id.0 as usize]);
        for step in &mut block.steps {
            if let Action::Call(Call { unwind, .. })
            | Action::Defer(Call { unwind, .. })
            | Action::Spawn(Call { unwind, .. })
            | Action::Await { unwind, .. } = &mut step.action
            {
                *unwind = unwind.map(renamed);
            }
        }
        rename(&mut block.end, &renamed);
        block.steps.shrink_to_fit();
        function.blocks.push(block);
    }
    // Many are kept for long, and few are ever looked at.
    function.blocks.shrink_to_fit();
    function.variables.shrink_to_fit();
}

/// Leads past the blocks that do nothing but lead on.
fn skip_empty(function: &mut Function) {
    let next: Vec<Option<BlockId>> = function
        .blocks
        .iter()
        .map(|it| match it.end {
            End::Goto(to) if it.steps.is_empty() => Some(to),
            _ => None,
        })
        .collect();
    // An empty loop leads on for ever, so there is a limit.
    let past = |id: BlockId| (0..64).fold(id, |id, _| next[id.0 as usize].unwrap_or(id));
    for block in &mut function.blocks {
        rename(&mut block.end, &past);
    }
}

/// Appends a block to the only one that leads to it.
fn join(function: &mut Function) {
    let mut led_to = vec![0usize; function.blocks.len()];
    led_to[0] = 1;
    let reachable = reachable(function);
    for block in &reachable {
        let block = function.block(*block);
        each_way(&block.end, &mut |it| led_to[it.0 as usize] += 1);
        block.steps.iter().filter_map(|it| unwinding(&it.action)).for_each(|it| led_to[it.0 as usize] += 2);
    }
    for at in reachable.into_iter().map(|it| it.0 as usize) {
        while let End::Goto(to) = function.blocks[at].end
            && led_to[to.0 as usize] == 1
            && to.0 as usize != at
        {
            let Block { steps, end } = std::mem::take(&mut function.blocks[to.0 as usize]);
            function.blocks[at].steps.extend(steps);
            function.blocks[at].end = end;
        }
    }
}

fn reachable(function: &Function) -> Vec<BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let (mut found, mut work) = (Vec::new(), vec![BlockId(0)]);
    while let Some(id) = work.pop() {
        if std::mem::replace(&mut seen[id.0 as usize], true) {
            continue;
        }
        found.push(id);
        let block = function.block(id);
        each_way(&block.end, &mut |it| work.push(it));
        work.extend(block.steps.iter().filter_map(|it| unwinding(&it.action)));
    }
    found
}

fn each_way(end: &End, visit: &mut dyn FnMut(BlockId)) {
    match end {
        End::Goto(to) => visit(*to),
        End::Branch { yes, no, .. } => {
            visit(*yes);
            visit(*no);
        }
        End::Choice(ways) => ways.iter().copied().for_each(visit),
        End::Leave(..) | End::Stop => (),
    }
}

fn rename(end: &mut End, name: &dyn Fn(BlockId) -> BlockId) {
    match end {
        End::Goto(to) => *to = name(*to),
        End::Branch { yes, no, .. } => (*yes, *no) = (name(*yes), name(*no)),
        End::Choice(ways) => ways.iter_mut().for_each(|it| *it = name(*it)),
        End::Leave(..) | End::Stop => (),
    }
}

fn unwinding(action: &Action) -> Option<BlockId> {
    match action {
        Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => call.unwind,
        Action::Await { unwind, .. } => *unwind,
        Action::Assign { .. } | Action::Drop(_) => None,
    }
}
