//! From what rules say at single points to findings: one a cause.

mod memory;

pub use memory::Memory;
use memory::{is_one_of, spans};

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Label, Level};
use crate::flow::{Observer, Point, Site};
use crate::ir::{Function, Program};
use crate::remedy::Remedy;
use crate::rules::{Rule, THROUGH};
use crate::source::Span;

/// What a rule says about one point.
pub struct Complaint {
    pub level: Level,
    /// Whether this path alone is enough to be sure.
    pub certain: Certain,
    /// Complaints of one rule with the same cause are one finding.
    pub cause: Span,
    /// Where it bites: the first such place of a cause is the primary one.
    pub place: Site,
    pub message: String,
    pub help: String,
    /// The steps that led there.
    pub steps: Vec<Label>,
    /// What happens at the place.
    pub bite: String,
    pub callee: String,
    pub item: String,
    pub remedy: Option<Remedy>,
    /// The calls that led to the switch, if the fault is where the function that
    /// goes back again calls them.
    pub entered_by: Option<Vec<Site>>,
    /// The rules and causes of which any says the same better, if it says it.
    pub yields_to: Vec<(&'static str, Span)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certain {
    /// Unless another path to the same step is right.
    Yes,
    /// Whatever other paths do.
    Inside,
    No,
    /// If the region that begins with these calls is left again somewhere.
    IfRestored,
    /// If the region that begins with these calls is left again somewhere, not at all otherwise; `alone` if this path is
    /// enough then.
    IfLeft {
        region: Vec<Site>,
        alone: bool,
    },
    /// If the same step is met in the region that begins with these calls, where they worked, and the thread goes back
    /// from there even if they did not, or is for nothing else. Not at all otherwise.
    IfMeantInside {
        region: Vec<Site>,
        step: Vec<Span>,
        alone: bool,
    },
    /// If the thread, after the function is over that began the region with these calls, goes on to something that depends
    /// on where it is. Not at all otherwise.
    IfItGoesOn(Vec<Site>),
    /// If nothing else in the region that begins with these calls needs it: not at
    /// all if the region has a handle of its own of this library.
    IfOnlyUse {
        region: Vec<Site>,
        library: String,
    },
}

/// What a rule has to say at one point.
#[derive(Default)]
pub struct Verdict {
    complaints: Vec<Complaint>,
    fine: bool,
}

impl Verdict {
    pub fn fault(&mut self, complaint: Complaint) {
        self.complaints.push(complaint);
    }

    /// It would be a fault in another state: paths disagree if it is one in some.
    pub fn fine(&mut self) {
        self.fine = true;
    }
}

/// Asks the rules about every point, and keeps what they say.
pub struct Judge {
    rules: Vec<&'static Rule>,
    memory: Memory,
    said: Vec<(Key, Complaint)>,
    fine: BTreeSet<Key>,
    seen: BTreeSet<(usize, Span, Span, String)>,
}

/// One step, reached by one way of calls, seen by one rule.
type Key = (usize, Vec<Span>);

impl Judge {
    pub fn new(rules: &[&'static Rule]) -> Self {
        Judge {
            rules: rules.to_vec(),
            memory: Memory::default(),
            said: Vec::new(),
            fine: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    pub fn merge(&mut self, other: Judge) {
        self.memory.merge(other.memory);
        self.said.extend(other.said);
        self.fine.extend(other.fine);
    }

    pub fn regions(&self) -> usize {
        self.memory.entered.len()
    }

    pub fn findings(&self) -> Vec<Finding> {
        let mut causes: BTreeMap<(usize, Span), Vec<Said<'_>>> = BTreeMap::new();
        for (key, complaint) in &self.said {
            // The calling thread's would lead nowhere.
            if matches!(complaint.remedy, Some(Remedy::ThreadSelf { opens, .. }) if self.memory.led_home.contains(&opens))
            {
                continue;
            }
            let steps: Vec<_> = complaint.entered_by.iter().flatten().copied().collect();
            let inside = (0..steps.len()).rev().find(|it| self.memory.is_restored(&steps, *it));
            let certain = match &complaint.certain {
                Certain::Yes | Certain::Inside => true,
                Certain::No => false,
                Certain::IfRestored => inside.is_some(),
                Certain::IfItGoesOn(steps) if self.memory.goes_on(&spans(steps)) => true,
                Certain::IfItGoesOn(_) => continue,
                Certain::IfLeft { region, .. } if !self.memory.is_restored(region, 0) => continue,
                Certain::IfLeft { .. } => true,
                Certain::IfMeantInside { region, step, alone } => {
                    let region = spans(region);
                    let goes_back = *alone || self.memory.stayed.contains(&region);
                    if !goes_back || !self.memory.work.contains(&(region, step.clone())) {
                        continue;
                    }
                    true
                }
                Certain::IfOnlyUse { region, library } => {
                    let own = |of: &BTreeSet<Vec<Span>>| is_one_of(of, region);
                    if self.memory.own.get(library).is_some_and(own) {
                        continue;
                    }
                    !is_one_of(&self.memory.used, region) && !self.memory.own.values().any(own)
                }
            };
            let alone = matches!(complaint.certain, Certain::Inside | Certain::IfLeft { alone: true, .. });
            let sure = certain && (alone || !self.fine.contains(key));
            let (place, cause) = match inside {
                Some(at) => (steps[at], steps[at].span),
                None => (complaint.place, complaint.cause),
            };
            causes.entry((key.0, cause)).or_default().push(Said { sure, place, complaint });
        }
        let said_by: BTreeSet<(&str, Span)> = causes
            .iter()
            .filter(|(_, said)| said.iter().any(|it| it.sure))
            .map(|((rule, cause), _)| (self.rules[*rule].name, *cause))
            .collect();
        for said in causes.values_mut() {
            said.retain(|it| !it.complaint.yields_to.iter().any(|better| said_by.contains(better)));
        }
        causes.retain(|_, said| !said.is_empty());
        let mut findings: Vec<_> =
            causes.into_iter().map(|((rule, _), said)| finding(self.rules[rule].name, said)).collect();
        findings.sort_by(|a, b| (a.span, a.rule).cmp(&(b.span, b.rule)));
        findings.dedup_by(|a, b| a.span == b.span && a.rule == b.rule && a.sure == b.sure);
        findings
    }
}

/// A complaint, once it is known how sure it is and where it stands.
struct Said<'a> {
    sure: bool,
    place: Site,
    complaint: &'a Complaint,
}

impl Observer for Judge {
    fn look(&mut self, point: &Point<'_>) {
        self.memory.note(point);
        // Who could not go back is where nobody meant to be: what is asked from there is no fault of its own.
        if point.state.thread.failed_back.is_some() && point.event.asks() {
            return;
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let mut verdict = Verdict::default();
            (rule.check)(point, &self.memory, &mut verdict);
            if !verdict.fine && verdict.complaints.is_empty() {
                continue;
            }
            let key = (index, point.way());
            if verdict.fine && point.state.thread.failed_to_enter.is_none() {
                self.fine.insert(key.clone());
            }
            for complaint in verdict.complaints {
                let certain = format!("{:?}{}{:?}", complaint.certain, complaint.message, complaint.steps);
                // The same again from another state adds nothing.
                if self.seen.insert((index, complaint.cause, complaint.place.span, certain + &format!("{:?}", key.1))) {
                    self.said.push((key.clone(), complaint));
                }
            }
        }
    }
}

fn finding(rule: &'static str, mut said: Vec<Said<'_>>) -> Finding {
    let sure = said.iter().any(|it| it.sure);
    said.retain(|it| it.sure == sure);
    said.sort_by_cached_key(|it| {
        let complaint = it.complaint;
        (std::cmp::Reverse(complaint.level), it.place.span, complaint.steps.len(), complaint.message.clone())
    });
    let (first, place) = (said[0].complaint, said[0].place);
    let mut labels = first.steps.clone();
    for it in &said {
        // The finding stands at a call of the function that moves the thread: that is shown, too.
        let at = it.complaint.place;
        if it.place != at && !labels.iter().any(|it| it.span == at.name) {
            labels.push(Label { span: at.name, message: "which moves the thread here".into() });
        }
        let label = Label { span: it.place.name, message: it.complaint.bite.clone() };
        if !it.complaint.bite.is_empty() && !labels.iter().any(|it| begins_where(it, &label)) {
            labels.push(label);
        }
        // So is each step, farther down the calls, at which it happens.
        let last =
            it.complaint.steps.last().filter(|it| first.steps.last().is_some_and(|end| end.message == it.message));
        if let Some(last) =
            last.filter(|it| it.message != THROUGH && !labels.iter().any(|known| begins_where(known, it)))
        {
            labels.push(last.clone());
        }
    }
    let complaints: Vec<_> = said.iter().map(|it| it.complaint).collect();
    Finding {
        rule,
        level: first.level,
        sure,
        message: first.message.clone(),
        help: said.iter().find(|it| has_form(it.complaint)).map_or(first, |it| it.complaint).help.clone(),
        span: place.name,
        item: first.item.clone(),
        callee: first.callee.clone(),
        labels,
        remedy: merge_remedies(&complaints),
        fix: None,
        by_hand: None,
    }
}

/// Whether two labels are about one call: the one may show the whole of it, and the other its name.
fn begins_where(label: &Label, other: &Label) -> bool {
    (label.span.file, label.span.start) == (other.span.file, other.span.start)
}

/// Whether a handle can do what the call does; what to do about one such call is what to do about all.
fn has_form(complaint: &Complaint) -> bool {
    let calls = if let Some(Remedy::UseHandle { calls, .. }) = &complaint.remedy { &calls[..] } else { &[] };
    calls.iter().any(|it| it.handle_form.is_some())
}

fn merge_remedies(said: &[&Complaint]) -> Option<Remedy> {
    let mut merged = said[0].remedy.clone();
    if let Some(Remedy::UseHandle { calls, .. }) = &mut merged {
        for other in &said[1..] {
            if let Some(Remedy::UseHandle { calls: more, .. }) = &other.remedy {
                let fresh: Vec<_> = more.iter().filter(|it| !calls.contains(it)).cloned().collect();
                calls.extend(fresh);
            }
        }
        calls.sort_by_key(|it| it.call);
    }
    merged
}

/// The name of the function with a name in whose text this one stands.
pub fn item(program: &Program, function: &Function) -> String {
    program.text_around(function).name.clone()
}
