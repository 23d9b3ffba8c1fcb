//! Embeddings from an endpoint, in batches.

use serde_json::{Value, json};

/// The longest vector that is taken.
const MOST_DIMENSIONS: usize = 16_000;

/// The body of a request for the embeddings of `texts`.
pub fn embeddings_request(model: &str, texts: &[String]) -> Value {
    json!({"model": model, "input": texts, "encoding_format": "float"})
}

/// One vector a text, in their order; `None` when the body is anything else: too few, of different lengths, not finite.
pub fn read_embeddings(body: &str, texts: usize) -> Option<Vec<Vec<f32>>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let data = body.get("data")?.as_array().filter(|data| data.len() == texts)?;
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (i, entry) in data.iter().enumerate() {
        let at = entry.get("index").and_then(Value::as_u64).map_or(Some(i), |n| usize::try_from(n).ok())?;
        let values = entry.get("embedding")?.as_array().filter(|v| (1..=MOST_DIMENSIONS).contains(&v.len()))?;
        let vector = values.iter().map(|v| v.as_f64().map(|x| x as f32).filter(|x| x.is_finite()));
        *vectors.get_mut(at).filter(|v| v.is_none())? = Some(vector.collect::<Option<_>>()?);
    }
    let vectors: Vec<Vec<f32>> = vectors.into_iter().collect::<Option<_>>()?;
    vectors.windows(2).all(|pair| pair[0].len() == pair[1].len()).then_some(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_vectors_in_the_order_of_their_texts() {
        let body = json!({"data": [{"index": 1, "embedding": [0.5, 1]}, {"index": 0, "embedding": [0, 0.25]}]});
        assert_eq!(read_embeddings(&body.to_string(), 2), Some(vec![vec![0.0, 0.25], vec![0.5, 1.0]]));
    }

    #[test]
    fn takes_nothing_by_halves() {
        for (odd, texts) in [
            (json!({"data": [{"index": 0, "embedding": [1]}]}), 2),
            (json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}), 2),
            (json!({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]}), 2),
            (json!({"data": [{"index": 9, "embedding": [1]}]}), 1),
            (json!({"data": [{"embedding": []}]}), 1),
            (json!({"data": [{"embedding": ["x"]}]}), 1),
            (json!({"error": "no"}), 1),
        ] {
            assert_eq!(read_embeddings(&odd.to_string(), texts), None, "{odd}");
        }
    }
}
