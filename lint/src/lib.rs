//! Finds netlink calls and thread switches that end up in the wrong network namespace.
#![forbid(unsafe_code)]

// From what everybody may use to what uses everything; a module imports only from those above it.
pub mod source;

pub mod files;
pub mod ir;
pub mod scan;

pub mod facts;
pub mod remedy;
pub mod versions;

pub mod lang;

pub mod finding;
pub mod flow;
pub mod judge;
pub mod rules;

pub mod baseline;
pub mod change;
pub mod config;
pub mod coverage;
pub mod explain;
pub mod fix;
pub mod git;
pub mod identity;
pub mod progress;
pub mod report;
pub mod suppress;

pub mod cli;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use coverage::{Coverage, Partly};
use facts::Facts;
use files::Exclude;
use finding::Finding;
use ir::Program;
use lang::{Chosen, Input, Language};
use progress::Progress;
use rules::Rule;
use scan::Scanned;
use source::{FileId, Sources, Span};
use suppress::Annotated;
use versions::Versions;

/// What a run is asked to do.
pub struct Request {
    pub paths: Vec<PathBuf>,
    pub languages: Vec<&'static dyn Language>,
    pub rules: Vec<&'static Rule>,
    /// Whether to report on tests.
    pub tests: bool,
    pub include_vendored: bool,
    pub exclude: Vec<Exclude>,
    /// The text of a file as an editor has it, to look at instead of any path.
    pub unsaved: Option<(PathBuf, String)>,
    /// Build tags and conditions.
    pub chosen: Chosen,
    /// Whether to parse only what can matter; it finds the same.
    pub prefilter: bool,
}

/// What came out of a run.
pub struct Checked {
    pub sources: Sources,
    /// By path and place.
    pub findings: Vec<Finding>,
    /// The suppressions of the files that are reported on; not applied yet.
    pub annotated: Vec<Annotated>,
    pub coverage: Coverage,
}

/// Texts to read in the place of files, by the path that reports show.
pub type Edited = BTreeMap<String, String>;

/// The whole pipeline: from paths to findings. Never fails: what could not be
/// looked at is in [`Checked::coverage`], and the rest is.
pub fn check(request: &Request, facts: &Facts, progress: &Progress) -> Checked {
    check_edited(request, facts, progress, &Edited::new())
}

/// The same, as if some files had other texts.
pub fn check_edited(request: &Request, facts: &Facts, progress: &Progress, edited: &Edited) -> Checked {
    let extensions: Vec<_> = request.languages.iter().map(|it| it.extension()).collect();
    progress.begin("listing files");
    let mut listing = files::list(&files::Wanted {
        paths: &request.paths,
        extensions: &extensions,
        include_vendored: request.include_vendored,
        exclude: &request.exclude,
        unsaved: request.unsaved.as_ref().map(|(path, text)| (&**path, &**text)),
    });
    for file in listing.files.iter_mut().filter(|_| !edited.is_empty()) {
        if let Some(text) = edited.get(&files::shown(&file.path)) {
            file.text = Some(text.clone());
        }
    }
    progress.begin("reading");
    let Scanned { sources, selected, manifests, left_out, later, annotated, mut coverage } = scan::scan(
        listing,
        &scan::How {
            languages: &request.languages,
            facts,
            prefilter: request.prefilter,
            calls: flow::CALLS,
            carried: flow::CARRIED,
            given: flow::GIVEN,
            include_generated: request.include_vendored,
        },
    );

    progress.begin("parsing");
    let versions = Versions::read(&sources, &manifests, selected.iter().map(|it| it.id));
    let mut program = Program::default();
    let mut absent = Vec::new();
    for language in &request.languages {
        let files =
            selected.iter().filter(|it| sources.get(it.id).path.ends_with(&format!(".{}", language.extension())));
        let files: Vec<FileId> = files.map(|it| it.id).collect();
        let (manifests, left_out) = (manifests.clone(), left_out.clone());
        let demand = flow::Demanded::new(facts, &later);
        let demand = request.prefilter.then_some(&demand as &dyn lang::Demand);
        let input = Input { sources: &sources, facts, files, manifests, left_out, demand, chosen: &request.chosen };
        let lowered = guarded(language.name(), &mut coverage, || language.lower(&input)).unwrap_or_default();
        program.append(lowered.program.functions);
        program.implementations.extend(lowered.program.implementations);
        program.types.extend(lowered.program.types);
        absent.extend(lowered.absent);
        coverage.partly_parsed.extend(lowered.unread.into_iter().map(|it| Partly { span: it.span, why: it.why }));
    }

    progress.begin("following threads");
    flow::programs::note(&mut program, facts);
    coverage.unmet = unmet(&program, facts, &sources, &selected, &coverage);
    let files = selected.iter().filter(|it| it.reported).map(|it| it.id).collect();
    let analysis =
        guarded("the analysis", &mut coverage, || flow::analyse(&program, facts, &versions, &request.rules, &files));
    let analysis = analysis.unwrap_or_default();
    let mut findings = analysis.findings;
    coverage.regions = analysis.regions;
    coverage.resolved = analysis.resolved;
    coverage.unknown = analysis.unknown;
    coverage.cut_short = analysis.cut_short;

    let reported: BTreeSet<_> = selected.iter().filter(|it| it.reported).map(|it| it.id).collect();
    let suggesting = fix::Suggesting {
        languages: &request.languages,
        sources: &sources,
        facts,
        manifests: &manifests,
        versions: &versions,
        reported: &reported,
    };
    let reported = |span: Span| reported.contains(&span.file);
    findings.retain(|it| reported(it.span) && (request.tests || !in_test(&program, it.span)));
    findings.sort_by_cached_key(|it| (sources.get(it.span.file).path.clone(), it.span, it.rule, it.message.clone()));
    guarded("the fixes", &mut coverage, || fix::suggest(&mut findings, &suggesting));
    coverage.partly_parsed.sort_by_cached_key(|it| (sources.get(it.span.file).path.clone(), it.span));
    coverage.background_partly_parsed = coverage.partly_parsed.extract_if(.., |it| !reported(it.span)).collect();
    let annotated =
        annotated.into_iter().filter_map(|it| annotations(it, &sources, request, &coverage, &absent)).collect();
    // Taking apart so many small pieces need not be waited for.
    rayon::spawn(move || drop(program));
    Checked { sources, findings, annotated, coverage }
}

/// The calls that the project described and that nothing makes, as far as that can be told:
/// a file that was not parsed and has the name in it may make the call.
fn unmet(
    program: &Program,
    facts: &Facts,
    sources: &Sources,
    selected: &[scan::Selected],
    coverage: &Coverage,
) -> Vec<String> {
    if facts.own().is_empty() {
        return Vec::new();
    }
    let met = program.paths();
    let parsed: BTreeSet<_> = selected.iter().map(|it| &*sources.get(it.id).path).collect();
    let rest: Vec<_> = coverage.reported.iter().filter(|it| !parsed.contains(&*files::shown(it))).collect();
    let unmet = facts.own().iter().filter(|it| !met.contains(it.as_str())).filter(|path| {
        let name = path.rsplit(['.', ':']).next().unwrap_or(path);
        !rest.iter().any(|it| files::read(it).is_ok_and(|text| text.contains(name)))
    });
    unmet.cloned().collect()
}

/// The sources that a run would report on, in the order of their paths.
pub fn list(request: &Request) -> Vec<String> {
    let extensions: Vec<_> = request.languages.iter().map(|it| it.extension()).collect();
    let listing = files::list(&files::Wanted {
        paths: &request.paths,
        extensions: &extensions,
        include_vendored: request.include_vendored,
        exclude: &request.exclude,
        unsaved: None,
    });
    listing.files.iter().filter(|it| it.reported).map(|it| files::shown(&it.path)).collect()
}

/// The suppressions of a file, if it has any.
fn annotations(
    file: FileId,
    sources: &Sources,
    request: &Request,
    coverage: &Coverage,
    absent: &[Span],
) -> Option<Annotated> {
    let source = sources.get(file);
    let language = request.languages.iter().find(|it| source.path.ends_with(&format!(".{}", it.extension())))?;
    let directives = suppress::directives(&source.text, &language.comments(&source.text));
    let whole = coverage.crashed.is_empty() && !coverage.partly_parsed.iter().any(|it| it.span.file == file);
    let outline = language.outline(&source.text);
    let absent = absent.iter().filter(|it| it.file == file).map(|it| it.start as usize..it.end as usize).collect();
    let brackets = language.brackets(&source.text);
    (!directives.is_empty()).then_some(Annotated { file, outline, brackets, directives, whole, absent })
}

/// A mistake of ours must cost only what it stands in.
fn guarded<T>(doing: &str, coverage: &mut Coverage, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    if done.is_none() {
        coverage.crashed.push(doing.to_owned());
    }
    done
}

/// Whether the innermost function around a place belongs to a test.
fn in_test(program: &Program, place: Span) -> bool {
    program.innermost(place).is_some_and(|it| program.get(it).test)
}
