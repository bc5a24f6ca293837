//! Waveforms, figures of left against right and spectra as pictures on a terminal. It measures nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};

use crate::session::sight::{FLOOR, Scope, Spectrum};
use crate::session::socket::Answer;

/// What is drawn of a spectrum at the bottom and the top, in decibels.
const LEVELS: [f64; 2] = [-90.0, 0.0];
/// What is drawn of it at the left and the right, as powers of ten of hertz: three decades, so that marks stand evenly.
const DECADES: [f64; 2] = [1.301_029_995_663_981_2, 4.301_029_995_663_981];
/// How wide a picture is that stands in a text.
const COLUMNS: u16 = 78;
/// How high it is.
const ROWS: u16 = 20;
/// Rows that a waveform needs at least.
const LOWEST: u16 = 4;

/// How a waveform is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Over time.
    #[default]
    Time,
    /// The first channel to the right, the second one up.
    Figure,
}

/// Draws a waveform: channels that differ one below the other, as far as there is room.
pub fn scope(scope: &Scope, way: Way, style: Style, area: Rect, buffer: &mut Buffer) {
    let top = scale(scope.channels.iter().flatten().fold(0.0, |most, sample| most.max(sample.abs())));
    let marks = || [-top, 0.0, top].map(|mark| format!("{mark}"));
    let vertical = || Axis::default().bounds([-top, top].map(f64::from)).labels(marks());
    if way == Way::Figure {
        let [left, right] = [0, 1].map(|channel| scope.channels.get(channel).or(scope.channels.first()));
        let (left, right) = (left.into_iter().flatten(), right.into_iter().flatten());
        let points = left.zip(right).map(|(x, y)| (f64::from(*x), f64::from(*y))).collect::<Vec<_>>();
        // A column is half as wide as a row is high.
        let [area] = Layout::horizontal([Constraint::Length(2 * area.height)]).areas(area);
        let line = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).style(style).data(&points);
        return Chart::new(vec![line]).x_axis(vertical()).y_axis(vertical()).render(area, buffer);
    }
    let mut channels: Vec<&Vec<f32>> = Vec::new();
    for channel in &scope.channels {
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    channels.truncate(usize::from((area.height / LOWEST).max(1)));
    let rows = Layout::vertical(vec![Constraint::Fill(1); channels.len()]).split(area);
    for (samples, area) in channels.iter().zip(rows.iter()) {
        let ms = 1000.0 / f64::from(scope.rate);
        let points = samples.iter().enumerate().map(|(at, sample)| (at as f64 * ms, f64::from(*sample)));
        let points = points.collect::<Vec<_>>();
        let end = samples.len() as f64 * ms;
        let horizontal = Axis::default().bounds([0.0, end]).labels(["0".to_owned(), format!("{end:.1} ms")]);
        let line = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).style(style).data(&points);
        Chart::new(vec![line]).x_axis(horizontal).y_axis(vertical()).render(*area, buffer);
    }
}

/// Draws a spectrum: of each band the louder channel.
pub fn spectrum(spectrum: &Spectrum, style: Style, area: Rect, buffer: &mut Buffer) {
    let loudest = |band: usize| {
        let levels = spectrum.channels.iter().filter_map(|levels| levels.get(band));
        levels.fold(FLOOR, |most, level| most.max(f64::from(*level))).clamp(LEVELS[0], LEVELS[1])
    };
    let points = spectrum.hertz.iter().enumerate().map(|(band, hertz)| (f64::from(*hertz).log10(), loudest(band)));
    let points = points.collect::<Vec<_>>();
    let line = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).style(style).data(&points);
    let horizontal = Axis::default().bounds(DECADES).labels(["20", "200", "2 k", "20 kHz"]);
    let vertical = Axis::default().bounds(LEVELS).labels(["-90", "-60", "-30", "0 dB"]);
    Chart::new(vec![line]).x_axis(horizontal).y_axis(vertical).render(area, buffer);
}

/// The next of 1, 2 and 5 times a power of ten, so that the picture does not breathe with the sound.
fn scale(peak: f32) -> f32 {
    let steps = (-3..4).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f32.powi(power)));
    steps.into_iter().find(|step| peak <= *step).unwrap_or(1e6)
}

/// What an answer shows, as lines of text; `None` where there is nothing to draw.
pub fn text(answer: &Answer, way: Way) -> Option<String> {
    let area = Rect::new(0, 0, COLUMNS, ROWS);
    let mut buffer = Buffer::empty(area);
    if let Some(shown) = &answer.scope {
        scope(shown, way, Style::new(), area, &mut buffer);
    } else {
        spectrum(answer.spectrum.as_ref()?, Style::new(), area, &mut buffer);
    }
    Some(lines(&buffer))
}

/// What stands in a buffer, without colours.
pub fn lines(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let row = |cells: &[ratatui::buffer::Cell]| {
        let line = cells.iter().map(|cell| cell.symbol()).collect::<String>();
        line.trim_end().to_owned() + "\n"
    };
    buffer.content.chunks(width).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_the_next_round_number() {
        for (peak, top) in [(0.0, 0.001), (0.001, 0.001), (0.3, 0.5), (0.5, 0.5), (0.51, 1.0), (7.0, 10.0), (1e9, 1e6)]
        {
            assert_eq!(scale(peak), top);
        }
    }
}
