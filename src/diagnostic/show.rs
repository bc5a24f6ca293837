//! A message as text: which part of which line is shown, and where the mark stands. It never copies a long line.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// The longest line that is handed to the renderer, in characters; it fits lines to the terminal, slowly.
const WIDEST: usize = 1000;
/// What is shown of a longer line, in characters.
const WINDOW: usize = 100;
/// What is shown of it to the left of the mark.
const LEAD: usize = 40;

/// Renders one message.
pub(super) fn show<'a>(
    diagnostic: &'a Diagnostic,
    renderer: &Renderer,
    source: impl Fn(&str) -> Option<&'a str>,
) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let Diagnostic { file, line, column, length, .. } = diagnostic;
    let mark = Mark { file, line: *line, column: *column, length: *length, kind: AnnotationKind::Primary, label: None };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    group = group.elements(mark.elements(&source));
    for also in &diagnostic.also {
        let mark = Mark {
            file: &also.file,
            line: also.line,
            column: also.column,
            length: 1,
            kind: AnnotationKind::Context,
            label: Some(&also.label),
        };
        group = group.elements(mark.elements(&source));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

struct Mark<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    length: usize,
    kind: AnnotationKind,
    label: Option<&'a str>,
}

impl<'a> Mark<'a> {
    /// The place, and the line where its text is known.
    fn elements(self, source: &impl Fn(&str) -> Option<&'a str>) -> Vec<Element<'a>> {
        if self.file.is_empty() {
            return Vec::new();
        }
        let line = self.line.checked_sub(1).and_then(|above| source(self.file)?.split('\n').nth(above));
        let Some(line) = line else {
            let label = self.label.map(|label| Level::NOTE.message(label).into());
            return std::iter::once(self.origin().into()).chain(label).collect();
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        let span = self.span(line);
        if byte(line, WIDEST) == line.len() {
            let mark = self.kind.span(span).label(self.label);
            return vec![Snippet::source(line).line_start(self.line).path(self.file).annotation(mark).into()];
        }
        // The renderer would count columns in what it is given, so the place stands apart from a piece of a line.
        let (piece, span) = cut(line, span);
        let mark = self.kind.span(span).label(self.label);
        vec![self.origin().into(), Snippet::source(piece).line_start(self.line).annotation(mark).into()]
    }

    fn origin(&self) -> Origin<'a> {
        let mut origin = Origin::path(self.file);
        if self.line > 0 {
            origin = origin.line(self.line);
            if self.column > 0 {
                origin = origin.char_column(self.column);
            }
        }
        origin
    }

    /// The bytes of the line to mark: all that is written in it where the column is unknown.
    fn span(&self, line: &str) -> Range<usize> {
        if self.column == 0 {
            let start = line.len() - line.trim_start().len();
            return start..line.trim_end().len().max(start);
        }
        let start = byte(line, self.column - 1);
        start..start + byte(&line[start..], self.length.max(1))
    }
}

/// The part of a long line around a mark, and where the mark is in it.
fn cut(line: &str, mark: Range<usize>) -> (String, Range<usize>) {
    let lead = line[..mark.start].char_indices().rev().take(LEAD).last().map_or(mark.start, |(at, _)| at);
    let window = &line[lead..lead + byte(&line[lead..], WINDOW)];
    let before = if lead > 0 { "…" } else { "" };
    let after = if lead + window.len() < line.len() { "…" } else { "" };
    let shift = |at: usize| (at - lead).min(window.len()) + before.len();
    (format!("{before}{window}{after}"), shift(mark.start)..shift(mark.end))
}

/// Where a character begins; the end of the text where there are not so many.
fn byte(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}
