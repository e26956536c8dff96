//! JUnit's XML: a failed test case for each finding, a suite for each file, one that passed if nothing was found.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{Look, level_name, told, xml};
use crate::Checked;

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    xml::document(|writer| write(writer, checked, look))
}

fn write(writer: &mut Writer<Vec<u8>>, checked: &Checked, look: &Look) -> io::Result<()> {
    let count = checked.findings.len().to_string();
    let root = writer
        .create_element("testsuites")
        .with_attribute(("name", "netns-lint"))
        .with_attribute(("tests", &*checked.findings.len().max(1).to_string()))
        .with_attribute(("failures", &*count))
        .with_attribute(("errors", "0"));
    root.write_inner_content(|writer| {
        if checked.findings.is_empty() {
            suite(writer, "netns-lint", 1, 0).write_inner_content(|writer| {
                let case = writer.create_element("testcase").with_attribute(("name", "no findings"));
                case.with_attribute(("classname", "netns-lint")).write_empty().map(drop)
            })?;
        }
        for of_file in checked.findings.chunk_by(|a, b| a.span.file == b.span.file) {
            let path = look.path(&checked.sources.get(of_file[0].span.file).path);
            suite(writer, &path, of_file.len(), of_file.len()).write_inner_content(|writer| {
                for finding in of_file {
                    let at = checked.sources.start(finding.span);
                    let case = writer
                        .create_element("testcase")
                        .with_attribute(("name", &*format!("{}:{}:{}", finding.rule, at.line, at.column)))
                        .with_attribute(("classname", &*path));
                    case.write_inner_content(|writer| {
                        writer
                            .create_element("failure")
                            .with_attribute(("type", level_name(finding, "error", "warning", "maybe")))
                            .with_attribute(("message", &*finding.message))
                            .write_text_content(BytesText::new(&told(finding, checked)))
                            .map(drop)
                    })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    Ok(())
}

fn suite<'a>(
    writer: &'a mut Writer<Vec<u8>>,
    name: &str,
    tests: usize,
    failures: usize,
) -> quick_xml::writer::ElementWriter<'a, Vec<u8>> {
    writer
        .create_element("testsuite")
        .with_attribute(("name", name))
        .with_attribute(("tests", &*tests.to_string()))
        .with_attribute(("failures", &*failures.to_string()))
        .with_attribute(("errors", "0"))
}
