//! The scales and chords that scripts can name, as tables of the page. What is done with them stands with the words.

use std::fmt::Write;

use crate::music::chord::CHORDS;
use crate::music::scale::SCALES;

/// Both tables.
pub fn tables(page: &mut String) {
    let scales = SCALES.iter().map(|scale| (scale.names, scale.steps));
    table(page, "Scales", "scale", scales);
    let chords = CHORDS.iter().map(|chord| (chord.names, chord.steps));
    table(page, "Chords", "chord", chords);
}

fn table<'a>(page: &mut String, title: &str, word: &str, rows: impl Iterator<Item = (&'a [&'a str], &'a [u8])>) {
    let head = "| name | also | semitones above the root |\n|---|---|---|\n";
    write!(
        page,
        "\n### {title}\n\nWhat `{word}` knows. Capitals, dashes and underscores make no difference.\n\n{head}"
    )
    .expect("a string takes all");
    for (names, steps) in rows {
        let others = names[1..].iter().filter(|name| !name.is_empty()).map(|name| format!("`{name}`"));
        let others = others.collect::<Vec<_>>().join(", ");
        let steps = steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        writeln!(page, "| `{}` | {others} | {steps} |", names[0]).expect("a string takes all");
    }
}
