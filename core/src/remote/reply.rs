//! A chat completion's body, read strictly.

use serde_json::Value;

use super::draft::FUNCTION;

/// Tokens, as the endpoint counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub input: u32,
    pub output: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The arguments of the function, as JSON text that nobody has looked into yet.
    pub arguments: String,
    pub usage: Usage,
}

/// Why a body is no reply. Says nothing of what the body holds: it may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("the body is no chat completion")]
    NoCompletion,
    #[error("the reply was cut off")]
    CutOff,
    #[error("the model called another function than the one offered")]
    OtherFunction,
    #[error("the function's arguments are no JSON object")]
    Arguments,
    #[error("the model answered in words")]
    Words,
}

/// Reads the body of an answer: the function call, or the JSON object that a model without function calling gives.
pub fn read_reply(body: &str) -> Result<Reply, ReplyError> {
    let body: Value = serde_json::from_str(body).map_err(|_| ReplyError::NoCompletion)?;
    let choice = body.pointer("/choices/0").ok_or(ReplyError::NoCompletion)?;
    match choice.get("finish_reason").and_then(Value::as_str) {
        Some("length" | "content_filter") => return Err(ReplyError::CutOff),
        // A body that ends without one was cut by somebody.
        None => return Err(ReplyError::CutOff),
        Some(_) => {}
    }
    let message = choice.get("message").filter(|m| m.is_object()).ok_or(ReplyError::NoCompletion)?;
    let usage = usage(&body);
    let object = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|v| v.is_object());
    if let Some(calls) = message.get("tool_calls").and_then(Value::as_array).filter(|calls| !calls.is_empty()) {
        let function = calls[0].get("function").ok_or(ReplyError::NoCompletion)?;
        if function.get("name").and_then(Value::as_str) != Some(FUNCTION) {
            return Err(ReplyError::OtherFunction);
        }
        let arguments = function.get("arguments").and_then(Value::as_str).ok_or(ReplyError::Arguments)?;
        return match object(arguments) {
            true => Ok(Reply { arguments: arguments.to_owned(), usage }),
            false => Err(ReplyError::Arguments),
        };
    }
    let content = message.get("content").and_then(Value::as_str).ok_or(ReplyError::Words)?;
    let content = unfenced(content);
    if object(content) { Ok(Reply { arguments: content.to_owned(), usage }) } else { Err(ReplyError::Words) }
}

/// Without the code fence that models like to put around JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    inner.and_then(|t| t.strip_suffix("```")).map_or(text, str::trim)
}

/// Counts beyond a request's possible size are no counts.
fn usage(body: &Value) -> Usage {
    let count = |key: &str| {
        let n = body.get("usage").and_then(|u| u.get(key)).and_then(Value::as_u64);
        n.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 10_000_000).unwrap_or(0)
    };
    Usage { input: count("prompt_tokens"), output: count("completion_tokens") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn body(finish: Value, message: Value) -> String {
        json!({"choices": [{"finish_reason": finish, "message": message}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})
            .to_string()
    }

    fn call(name: &str, arguments: &str) -> Value {
        json!({"content": null, "tool_calls": [{"id": "x", "type": "function", "function": {"name": name, "arguments": arguments}}]})
    }

    #[test]
    fn reads_a_call_and_its_tokens() {
        let reply = read_reply(&body(json!("tool_calls"), call(FUNCTION, "{\"a\": 1}"))).unwrap();
        assert_eq!((reply.arguments.as_str(), reply.usage), ("{\"a\": 1}", Usage { input: 12, output: 3 }));
    }

    #[test]
    fn reads_an_object_in_words() {
        for text in ["{\"a\": 1}", "```json\n{\"a\": 1}\n```"] {
            assert_eq!(read_reply(&body(json!("stop"), json!({"content": text}))).unwrap().arguments, "{\"a\": 1}");
        }
    }

    #[test]
    fn tells_what_is_wrong() {
        use ReplyError::*;
        let arguments = |text: &str| read_reply(&body(json!("stop"), call(FUNCTION, text)));
        assert_eq!(arguments("{\"a\": "), Err(Arguments));
        assert_eq!(arguments("[1]"), Err(Arguments));
        assert_eq!(read_reply(&body(json!("stop"), call("rm_rf", "{}"))), Err(OtherFunction));
        assert_eq!(read_reply(&body(json!("length"), call(FUNCTION, "{}"))), Err(CutOff));
        assert_eq!(read_reply(&body(json!(null), call(FUNCTION, "{}"))), Err(CutOff));
        assert_eq!(read_reply(&body(json!("stop"), json!({"content": "Sure! SELECT 1"}))), Err(Words));
        for odd in ["", "<html>", "{}", "{\"choices\": []}", "{\"choices\": [{}]}"] {
            assert!(read_reply(odd).is_err(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,300}") {
            drop(read_reply(&text));
        }
    }
}
