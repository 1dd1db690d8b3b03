//! Where the time of one INIT goes, as a picture.

use std::fmt::Write;

use crate::report::Pair;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 100.0;
const BAR: f64 = 34.0;
const PHASES: [(&str, &str, &str); 4] = [
    ("start", "#8da0cb", "exec to the first connection"),
    ("handshakes", "#fc8d62", "TCP, TLS, and the requests sent"),
    ("stores", "#d9d9d9", "the stores answer"),
    ("finish", "#66c2a5", "values assembled, delivered, registered"),
];
const STAGES: [(&str, &str); 7] = [
    ("declare", "#8da0cb"),
    ("connect", "#fdbf6f"),
    ("decide", "#e78ac3"),
    ("resolve", "#fc8d62"),
    ("decide_resolved", "#e78ac3"),
    ("deliver", "#66c2a5"),
    ("register", "#a6d854"),
];

/// An SVG with a bar for the floor, one for the extension, and one for its own stages.
pub fn svg(pair: &Pair) -> String {
    let longest = pair.extension.wall.median.max(pair.floor.wall.median);
    let scale = (WIDTH - LEFT - 70.0) / longest;
    let mut svg = String::new();
    let title = format!("One INIT, {} references at {} ms a request", pair.cell.size, pair.cell.delay_ms);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} 300\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"{WIDTH}\" height=\"300\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{title}</text>\n"
    );
    let phases = |phases: &[(&'static str, f64)]| -> Vec<(String, f64, &'static str)> {
        let colour = |name: &str| PHASES.iter().find(|phase| phase.0 == name).map_or("#000", |phase| phase.1);
        phases.iter().map(|(name, ms)| (String::new(), *ms, colour(name))).collect()
    };
    bar(&mut svg, 46.0, scale, "floor", &phases(&pair.floor.phases.0), pair.floor.wall.median);
    bar(&mut svg, 88.0, scale, "Vestry", &phases(&pair.extension.phases.0), pair.extension.wall.median);
    let told: Vec<_> = STAGES
        .iter()
        .filter_map(|(name, colour)| {
            let (_, ms) = pair.extension.phases.1.iter().find(|(stage, _)| stage == name)?;
            Some((name.to_string(), *ms, *colour))
        })
        .collect();
    let before = pair.extension.wall.median - told.iter().map(|(_, ms, _)| ms).sum::<f64>();
    let mut stages = vec![("exec".to_string(), before.max(0.0), "#bbbbbb")];
    stages.extend(told);
    bar(&mut svg, 130.0, scale, "its stages", &stages, pair.extension.wall.median);
    legend(&mut svg, &pair.floor.phases.0, &pair.extension.phases.0);
    stage_line(&mut svg, &stages);
    svg.push_str("</svg>\n");
    svg
}

fn bar(svg: &mut String, y: f64, scale: f64, name: &str, parts: &[(String, f64, &str)], total: f64) {
    let _ = writeln!(svg, "<text x=\"16\" y=\"{}\">{name}</text>", y + 22.0);
    let mut x = LEFT;
    for (label, ms, colour) in parts {
        let width = ms * scale;
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"><title>{label} {ms:.2} ms</title></rect>"
        );
        if width > 60.0 && !label.is_empty() {
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{label}</text>", x + 6.0, y + 22.0);
        }
        x += width;
    }
    let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{total:.1} ms</text>", x + 6.0, y + 22.0);
}

fn legend(svg: &mut String, floor: &[(&str, f64)], extension: &[(&str, f64)]) {
    let of =
        |phases: &[(&str, f64)], name: &str| phases.iter().find(|phase| phase.0 == name).map_or(0.0, |p| p.1);
    for (i, (name, colour, meaning)) in PHASES.iter().enumerate() {
        let y = 190.0 + 20.0 * i as f64;
        let (floor, extension) = (of(floor, name), of(extension, name));
        let _ = writeln!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{y}\">{meaning}: {extension:.2} ms (floor {floor:.2} ms)</text>",
            y - 11.0,
            LEFT + 20.0
        );
    }
}

fn stage_line(svg: &mut String, stages: &[(String, f64, &str)]) {
    let stages: Vec<String> = stages.iter().map(|(name, ms, _)| format!("{name} {ms:.2}")).collect();
    let _ =
        writeln!(svg, "<text x=\"16\" y=\"284\" fill=\"#555\">stages in ms: {}</text>", stages.join(", "));
}
