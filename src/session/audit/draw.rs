//! Waves and spectra in letters, as wide as the terminal. It prints nothing.

use std::io::IsTerminal;

use crate::analysis::{Figures, Wave};
use crate::reference::picture::octaves::{frequency, place};

/// With which letters is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Those that everything can show.
    Plain,
    /// Blocks of Unicode.
    Blocks,
}

/// How is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// With what.
    pub letters: Letters,
    /// How many letters a line has.
    pub width: usize,
}

/// Lines of a drawing.
const ROWS: usize = 8;
/// What stands left of a drawing: a mark of the axis.
const LEFT: usize = 8;
/// How wide a line is that no terminal shows, and the least and the most there are.
const WIDTH: usize = 80;
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=200;
/// How many decibels a spectrum shows below its highest mark.
const RANGE: f64 = 80.0;
/// Eighths of a block.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Drawing {
    /// For standard output: plain letters where it is no terminal or one without UTF-8.
    pub fn of_terminal() -> Drawing {
        let words = ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
        let locale = words.iter().find(|word| !word.is_empty()).map(|word| word.to_ascii_uppercase());
        let speaks = cfg!(windows) || locale.is_some_and(|word| word.contains("UTF-8") || word.contains("UTF8"));
        if !std::io::stdout().is_terminal() {
            return Drawing { letters: Letters::Plain, width: WIDTH };
        }
        let wide = console::Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
        let letters = if speaks { Letters::Blocks } else { Letters::Plain };
        Drawing { letters, width: wide.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }

    fn columns(self) -> usize {
        self.width - LEFT
    }

    /// The outline of a sound over time: as high as its peak, or as full scale where it stays below.
    pub fn wave(self, wave: &Wave, seconds: f64) -> Vec<String> {
        let pieces = wave.pieces(self.columns());
        let most = pieces.iter().flatten().fold(0.0, |most: f64, sample| most.max(sample.abs()));
        let top = if most > 1.0 { most } else { 1.0 };
        let (cells, blocks) = (2 * ROWS, self.letters == Letters::Blocks);
        // Cells of half a line, from the bottom: which ones lie between the least and the largest sample.
        let cell = |sample: f64| (((sample / top + 1.0) / 2.0 * cells as f64) as usize).min(cells - 1);
        let line = |row: usize| {
            let lower = 2 * (ROWS - 1 - row);
            let letter = |[least, largest]: &[f64; 2]| {
                let holds = |at: usize| (cell(*least)..=cell(*largest)).contains(&at);
                match (holds(lower + 1), holds(lower), blocks) {
                    (false, false, _) => ' ',
                    (true, true, true) => '█',
                    (true, false, true) => '▀',
                    (false, true, true) => '▄',
                    (true, true, false) => '#',
                    (true, false, false) => '\'',
                    (false, true, false) => '.',
                }
            };
            let mark = match row {
                0 => format!("{top:.2}"),
                row if row == ROWS - 1 => format!("-{top:.2}"),
                _ => String::new(),
            };
            self.line(&mark, &pieces.iter().map(letter).collect::<String>())
        };
        let mut lines = (0..ROWS).map(line).collect::<Vec<_>>();
        let end = format!("{seconds:.3} s");
        lines.push(self.line_below(&[(0, "0"), (self.columns().saturating_sub(end.len()), &end)]));
        lines
    }

    /// The strongest bin of each column, in decibels over octaves.
    pub fn spectrum(self, figures: &Figures) -> Vec<String> {
        let levels = levels(figures, self.columns());
        let most = levels.iter().copied().fold(-120.0, f64::max);
        // The sum makes 0 of -0.
        let top = (most / 10.0).ceil() * 10.0 + 0.0;
        let steps = 8 * ROWS;
        let height = |level: &f64| (((level - top + RANGE) / RANGE).clamp(0.0, 1.0) * steps as f64) as usize;
        let line = |row: usize| {
            let below = 8 * (ROWS - 1 - row);
            let letter = |level: &f64| {
                let filled = height(level).saturating_sub(below).min(8);
                match self.letters {
                    Letters::Blocks => EIGHTHS[filled],
                    Letters::Plain => [' ', '.', '#'][usize::from(filled > 0) + usize::from(filled > 4)],
                }
            };
            let mark = match row {
                row if row % 2 == 0 => format!("{:.0} dB", top - RANGE * row as f64 / ROWS as f64),
                _ => String::new(),
            };
            self.line(&mark, &levels.iter().map(letter).collect::<String>())
        };
        let mut lines = (0..ROWS).map(line).collect::<Vec<_>>();
        let marks = [(20.0, "20 Hz"), (100.0, "100"), (1000.0, "1k"), (10_000.0, "10k")];
        let marks = marks.map(|(hertz, mark)| ((place(hertz) * self.columns() as f64) as usize, mark));
        lines.push(self.line_below(&marks));
        lines
    }

    fn line(self, mark: &str, drawn: &str) -> String {
        format!("{mark:>width$} {drawn}", width = LEFT - 1).trim_end().to_owned()
    }

    /// Marks at columns, in order; what would overlap or stand outside is left out.
    fn line_below(self, marks: &[(usize, &str)]) -> String {
        let mut line = " ".repeat(LEFT);
        for (column, mark) in marks {
            let at = LEFT + column;
            if at >= line.len() && at + mark.len() <= self.width {
                line.push_str(&" ".repeat(at - line.len()));
                line.push_str(mark);
            }
        }
        line
    }
}

/// The strongest bin of each of so many columns by octaves, in decibels; between bins that are wider than a column, in a straight line.
pub(super) fn levels(figures: &Figures, columns: usize) -> Vec<f64> {
    let Figures { power, bin, .. } = figures;
    let decibels = |power: f64| 10.0 * power.max(1e-20).log10();
    let at = |place: f64| frequency(place) / bin;
    let level = |column: usize| {
        let (low, high) = (at(column as f64 / columns as f64), at((column + 1) as f64 / columns as f64));
        let (first, last) = (low.ceil() as usize, high.ceil() as usize);
        let bins = power.get(first..last.min(power.len())).unwrap_or_default();
        if !bins.is_empty() {
            return decibels(bins.iter().copied().fold(0.0, f64::max));
        }
        let (below, part) = (low as usize, low.fract());
        match (power.get(below), power.get(below + 1)) {
            (Some(left), Some(right)) => decibels(*left) + part * (decibels(*right) - decibels(*left)),
            _ => decibels(0.0),
        }
    };
    (0..columns).map(level).collect()
}
