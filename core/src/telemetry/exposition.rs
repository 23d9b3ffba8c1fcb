//! Metrics as the text that Prometheus reads (exposition format 0.0.4).

use std::fmt::Write;

/// Collects metric families; each is announced once, before its samples.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// `kind`: `counter`, `gauge` or `histogram`. Names and kinds are ours, never input.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample. Values of labels may be anything.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        for (i, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if i == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = match value {
            v if v.is_nan() => writeln!(self.0, " NaN"),
            v if v.is_infinite() => writeln!(self.0, " {}Inf", if v > 0.0 { '+' } else { '-' }),
            v => writeln!(self.0, " {v}"),
        };
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_values_spelt_as_prometheus_does() {
        let mut text = Exposition::default();
        text.family("router_x", "gauge", "one\nline");
        text.sample("router_x", &[("a", "quote \" and \\ and\nline"), ("b", "plain")], 1.5);
        text.sample("router_x", &[], f64::INFINITY);
        assert_eq!(
            text.into_text(),
            "# HELP router_x one\\nline\n# TYPE router_x gauge\n\
             router_x{a=\"quote \\\" and \\\\ and\\nline\",b=\"plain\"} 1.5\nrouter_x +Inf\n"
        );
    }
}
