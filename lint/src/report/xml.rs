//! What the reports in XML have in common.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

/// A document, given what writes its root.
pub(super) fn document(write: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| write(&mut writer))
        .expect("memory takes all that is written");
    let text = String::from_utf8(writer.into_inner()).expect("made of texts");
    // A name or a literal may hold what XML cannot, not even escaped.
    text.replace(|it| !is_char(it), "\u{fffd}") + "\n"
}

/// `Char` of the XML 1.0 recommendation.
fn is_char(it: char) -> bool {
    matches!(it, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}
