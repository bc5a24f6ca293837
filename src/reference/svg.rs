//! Panels as an SVG file, byte for byte the same on every machine, and as a line of blocks for a terminal. It decides nothing about what is shown.

use std::fmt::Write;

use super::picture::{Axis, COLUMNS, Curve, Panel};

/// Height of the area that curves are drawn in.
const HEIGHT: f64 = 120.0;
/// Width of the same.
const WIDTH: f64 = COLUMNS as f64;
/// Room on the left for the marks of an axis, above for the title, below for marks.
const LEFT: f64 = 40.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 20.0;
/// Room on the right, for the last mark.
const RIGHT: f64 = 12.0;
/// Colours that are read on white and on black.
const COLOURS: [&str; 4] = ["#2f81f7", "#d4622a", "#3f9142", "#a371c7"];
const GREY: &str = "#8b949e";

/// The picture of some panels, side by side.
pub fn svg(name: &str, panels: &[Panel]) -> String {
    sheet(name, &[(String::new(), panels.to_vec())])
}

/// A picture of rows below each other, each with a line of words above its panels, if it has any.
pub fn sheet(name: &str, rows: &[(String, Vec<Panel>)]) -> String {
    let each = LEFT + WIDTH + RIGHT;
    let tall = |words: &str| TOP + HEIGHT + BOTTOM + if words.is_empty() { 0.0 } else { TOP };
    let width = each * rows.iter().map(|(_, panels)| panels.len()).max().unwrap_or_default() as f64;
    let height = rows.iter().map(|(words, _)| tall(words)).sum::<f64>();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"10\" fill=\"{GREY}\">\n<title>{}</title>\n",
        escaped(name)
    );
    let mut top = 0.0;
    for (words, panels) in rows {
        if !words.is_empty() {
            let _ = writeln!(
                text,
                "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{}</text>",
                top + 14.0,
                escaped(words)
            );
        }
        let down = top + tall(words) - TOP - HEIGHT - BOTTOM;
        for (number, panel) in panels.iter().enumerate() {
            draw(&mut text, panel, number as f64 * each + LEFT, down + TOP);
        }
        top += tall(words);
    }
    text.push_str("</svg>\n");
    text
}

/// A text as it stands between the tags of SVG and HTML.
pub fn escaped(text: &str) -> String {
    let plain = |letter: char| !letter.is_control() || letter == '\n';
    let text = text.chars().filter(|letter| plain(*letter)).collect::<String>();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws a panel whose area begins so far from the left and from the top.
fn draw(text: &mut String, panel: &Panel, left: f64, top: f64) {
    let x = |value: f64| left + part(&panel.x, value) * WIDTH;
    let y = |value: f64| top + (1.0 - part(&panel.y, value)) * HEIGHT;
    let (right, bottom) = (left + WIDTH, top + HEIGHT);
    let _ = writeln!(text, "<text x=\"{left}\" y=\"{}\">{}</text>", top - 8.0, panel.title);
    let mut grid = String::new();
    for (place, mark) in &panel.x.marks {
        let _ = write!(grid, "M{} {top}V{bottom}", tenth(x(*place)));
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
            tenth(x(*place)),
            bottom + 13.0
        );
    }
    for (place, mark) in &panel.y.marks {
        let _ = write!(grid, "M{left} {}H{right}", tenth(y(*place)));
        let (at, up) = (left - 4.0, tenth(y(*place) + 3.5));
        let _ = writeln!(text, "<text x=\"{at}\" y=\"{up}\" text-anchor=\"end\">{mark}</text>");
    }
    let _ = writeln!(
        text,
        "<path d=\"{grid}\" stroke=\"{GREY}\" stroke-opacity=\"0.3\" stroke-width=\"0.5\" fill=\"none\"/>"
    );
    // The first curve lies on top.
    let named = panel.curves.iter().filter(|curve| !curve.name.is_empty()).count() > 1;
    for (number, curve) in panel.curves.iter().enumerate().rev() {
        let colour = if curve.faint { GREY } else { COLOURS[number % COLOURS.len()] };
        let style = if curve.faint { " stroke-dasharray=\"3 2\"" } else { "" };
        let line = path(curve, x, y);
        let _ = writeln!(text, "<path d=\"{line}\" stroke=\"{colour}\" stroke-width=\"1.2\" fill=\"none\"{style}/>");
        if named {
            let (at, down) = (right - 4.0, top + 11.0 + 11.0 * number as f64);
            let _ = writeln!(
                text,
                "<text x=\"{at}\" y=\"{down}\" text-anchor=\"end\" fill=\"{colour}\">{}</text>",
                curve.name
            );
        }
    }
}

/// The line through a curve's points, in the units of the picture; points in line with their neighbours are left out.
fn path(curve: &Curve, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let points = curve.points.iter().map(|point| (tenth(x(point.0)), tenth(y(point.1)))).collect::<Vec<_>>();
    let level = |at: usize| {
        at > 0 && at + 1 < points.len() && points[at - 1].1 == points[at].1 && points[at].1 == points[at + 1].1
    };
    let mut line = String::new();
    for (at, (x, y)) in points.iter().enumerate().filter(|(at, _)| !level(*at)) {
        let _ = write!(line, "{}{x} {y}", if at == 0 { "M" } else { "L" });
    }
    line
}

/// Which part of an axis lies below a value; what is beyond its ends stays at them.
fn part(axis: &Axis, value: f64) -> f64 {
    ((value - axis.low) / (axis.high - axis.low)).clamp(0.0, 1.0)
}

/// A place in tenths of a unit, without a nought behind the point.
fn tenth(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The first curve of a panel in one line of blocks, `width` letters wide.
pub fn spark(panel: &Panel, width: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let points = &panel.curves[0].points;
    let block = |at: usize| {
        let (first, end) =
            (at * points.len() / width, ((at + 1) * points.len() / width).max(at * points.len() / width + 1));
        let mean = points[first..end.min(points.len())].iter().map(|(_, y)| *y).sum::<f64>() / (end - first) as f64;
        BLOCKS[(part(&panel.y, mean) * 7.99) as usize]
    };
    (0..width.min(points.len())).map(block).collect()
}
