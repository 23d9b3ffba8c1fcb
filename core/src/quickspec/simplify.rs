//! The same question with less in it, for when the whole of it can't be run.

use super::{Chart, QuickSpec};

/// The spec without calculations over the series, without series and without conditions on the aggregate; and what was
/// left out, in words. `None` when there is nothing to leave out: filters, measure and axis are the question.
pub fn simplify(spec: &QuickSpec) -> Option<(QuickSpec, String)> {
    let mut simple = spec.clone();
    let mut left_out = Vec::new();
    if simple.transform.take().is_some() {
        left_out.push("the calculation over the series".to_owned());
    }
    if std::mem::take(&mut simple.normalize) {
        left_out.push("the shares".to_owned());
    }
    if !std::mem::take(&mut simple.more_measures).is_empty() {
        left_out.push("the further measures".to_owned());
    }
    if simple.confidence_bands.take().is_some() {
        left_out.push("the confidence bands".to_owned());
    }
    if let Some(split) = simple.split_by.take() {
        simple.split_grain = None;
        if simple.top_per.take().is_some() {
            // So many of each are not so many of all.
            simple.top_k = None;
        }
        left_out.push(format!("the series by {split}"));
        if simple.chart == Chart::Heatmap {
            simple.chart = Chart::Bar;
        }
    }
    (!left_out.is_empty()).then(|| (simple, left_out.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quickspec::Transform;
    use serde_json::json;

    fn spec(more: serde_json::Value) -> QuickSpec {
        let mut spec = json!({"schema": "QuickSpec@1", "dataset": "public.sales", "x": "day", "y": "amount",
            "agg": "sum", "chart": "line", "filters": {"region": "North"}});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn what_was_asked_about_stays() {
        let full = spec(json!({"splitBy": "brand", "transform": "growth"}));
        let (simple, left_out) = simplify(&full).unwrap();
        assert_eq!(full.transform, Some(Transform::Growth));
        assert_eq!(simple, spec(json!({})));
        assert_eq!(left_out, "the calculation over the series, the series by brand");
    }

    #[test]
    fn nothing_to_leave_out_is_nothing_to_try() {
        assert_eq!(simplify(&spec(json!({}))), None);
    }
}
