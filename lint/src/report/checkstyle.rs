//! Checkstyle's XML: findings by file.

use std::io;

use quick_xml::Writer;

use super::{Look, level_name, told, xml};
use crate::Checked;

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    xml::document(|writer| write(writer, checked, look))
}

fn write(writer: &mut Writer<Vec<u8>>, checked: &Checked, look: &Look) -> io::Result<()> {
    let root = writer.create_element("checkstyle").with_attribute(("version", "4.3"));
    root.write_inner_content(|writer| {
        // Findings are sorted by path.
        for of_file in checked.findings.chunk_by(|a, b| a.span.file == b.span.file) {
            let path = look.path(&checked.sources.get(of_file[0].span.file).path);
            writer.create_element("file").with_attribute(("name", &*path)).write_inner_content(|writer| {
                for finding in of_file {
                    let at = checked.sources.start(finding.span);
                    writer
                        .create_element("error")
                        .with_attribute(("line", &*at.line.to_string()))
                        .with_attribute(("column", &*at.column.to_string()))
                        .with_attribute(("severity", level_name(finding, "error", "warning", "info")))
                        .with_attribute(("message", &*told(finding, checked)))
                        .with_attribute(("source", &*format!("netns-lint.{}", finding.rule)))
                        .write_empty()?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    Ok(())
}
