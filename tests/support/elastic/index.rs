//! The documents: written in bulk, and read at a point in time, page by page.

use std::collections::{BTreeMap, HashMap};

use http::StatusCode;
use serde_json::{Value, json};

/// The longest page, as `index.max_result_window` has it.
const MOST: u64 = 10_000;

/// All indices, and the points in time that are open.
#[derive(Default)]
pub struct Indices {
    documents: BTreeMap<String, Vec<Document>>,
    points: HashMap<String, (String, Vec<Document>)>,
    made: usize,
    fault: Option<(usize, Fault)>,
}

/// What befalls a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It is refused.
    Refused,
    /// A shard did not answer: what there is comes without its part, and with 200.
    Partial,
}

#[derive(Clone)]
struct Document {
    id: String,
    source: Value,
}

/// An error in the form of Elasticsearch.
pub fn error(status: StatusCode, kind: &str, reason: &str) -> (StatusCode, Value) {
    let cause = json!({ "type": kind, "reason": reason });
    let mut error = cause.clone();
    error["root_cause"] = json!([cause]);
    let whole = json!({ "error": error, "status": status.as_u16() });
    (status, whole)
}

/// What every answer says of the one shard.
pub fn shards() -> Value {
    json!({ "total": 1, "successful": 1, "skipped": 0, "failed": 0 })
}

impl Indices {
    pub fn count(&self, index: &str) -> usize {
        self.documents.get(index).map_or(0, Vec::len)
    }

    pub fn points_in_time(&self) -> usize {
        self.points.len()
    }

    /// `_bulk`: lines in pairs, an action and its document.
    pub fn bulk(&mut self, default: Option<&str>, body: &[u8]) -> (StatusCode, Value) {
        let text = String::from_utf8_lossy(body);
        if !text.ends_with('\n') {
            let reason = "The bulk request must be terminated by a newline [\\n]";
            return error(
                StatusCode::BAD_REQUEST,
                "illegal_argument_exception",
                reason,
            );
        }
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let mut items = Vec::new();
        while let Some(line) = lines.next() {
            let action: Value = serde_json::from_str(line).unwrap_or_default();
            let action = action.as_object().and_then(|action| action.iter().next());
            let source = lines.next().map(serde_json::from_str::<Value>);
            let (Some((verb, about)), Some(Ok(source))) = (action, source) else {
                let reason = "Malformed action/metadata line";
                return error(
                    StatusCode::BAD_REQUEST,
                    "illegal_argument_exception",
                    reason,
                );
            };
            let index = about["_index"].as_str().or(default).unwrap_or_default();
            items.push(json!({ verb: self.write(verb, index, about["_id"].as_str(), source) }));
        }
        let failed = |item: &Value| {
            let results = item.as_object().into_iter().flat_map(|item| item.values());
            results
                .into_iter()
                .any(|result| result.get("error").is_some())
        };
        let errors = items.iter().any(failed);
        (
            StatusCode::OK,
            json!({ "took": 1, "errors": errors, "items": items }),
        )
    }

    fn write(&mut self, verb: &str, index: &str, id: Option<&str>, source: Value) -> Value {
        self.made += 1;
        let id = id.map_or_else(|| format!("made-{}", self.made), str::to_owned);
        let documents = self.documents.entry(index.to_owned()).or_default();
        let before = documents.iter_mut().find(|document| document.id == id);
        let (status, result) = match (verb, before) {
            ("create", Some(_)) => {
                let kind = "version_conflict_engine_exception";
                return json!({
                    "_index": index, "_id": id, "status": 409,
                    "error": { "type": kind, "reason": "document already exists" },
                });
            }
            ("index", Some(before)) => {
                before.source = source;
                (200, "updated")
            }
            ("index" | "create", None) => {
                documents.push(Document {
                    id: id.clone(),
                    source,
                });
                (201, "created")
            }
            _ => {
                let error = json!({ "type": "illegal_argument_exception", "reason": verb });
                return json!({ "_index": index, "_id": id, "status": 400, "error": error });
            }
        };
        json!({
            "_index": index, "_id": id, "_version": 1, "result": result, "status": status,
            "_shards": shards(), "_seq_no": self.made, "_primary_term": 1,
        })
    }

    /// `_pit`: the index as it is now.
    pub fn open(&mut self, index: &str) -> (StatusCode, Value) {
        let Some(documents) = self.documents.get(index) else {
            let reason = format!("no such index [{index}]");
            return error(StatusCode::NOT_FOUND, "index_not_found_exception", &reason);
        };
        self.made += 1;
        let id = format!("point+{}==", self.made);
        let point = (index.to_owned(), documents.clone());
        self.points.insert(id.clone(), point);
        (StatusCode::OK, json!({ "id": id, "_shards": shards() }))
    }

    pub fn close(&mut self, body: &Value) -> (StatusCode, Value) {
        let id = body["id"].as_str().unwrap_or_default();
        let (status, freed) = match self.points.remove(id) {
            Some(_) => (StatusCode::OK, 1),
            None => (StatusCode::NOT_FOUND, 0),
        };
        (
            status,
            json!({ "succeeded": freed == 1, "num_freed": freed }),
        )
    }

    /// The search behind so many others goes wrong.
    pub fn disturb(&mut self, behind: usize, fault: Fault) {
        self.fault = Some((behind, fault));
    }

    /// What befalls this search.
    fn fault(&mut self) -> Option<Fault> {
        let (behind, fault) = self.fault.as_mut()?;
        if *behind == 0 {
            return Some(*fault);
        }
        *behind -= 1;
        None
    }

    /// `_search` at a point in time, behind `search_after`, in the order of `_shard_doc`.
    pub fn search(&mut self, body: &Value) -> (StatusCode, Value) {
        let fault = self.fault();
        if fault == Some(Fault::Refused) {
            return error(
                StatusCode::SERVICE_UNAVAILABLE,
                "search_phase_execution_exception",
                "all shards failed",
            );
        }
        let id = body["pit"]["id"].as_str().unwrap_or_default();
        let Some((index, documents)) = self.points.get(id) else {
            let reason = format!("No search context found for id [{id}]");
            return error(
                StatusCode::NOT_FOUND,
                "search_context_missing_exception",
                &reason,
            );
        };
        let size = body["size"].as_u64().unwrap_or(10);
        if size > MOST {
            let reason = format!("Result window is too large, must be at most [{MOST}]");
            return error(
                StatusCode::BAD_REQUEST,
                "illegal_argument_exception",
                &reason,
            );
        }
        let after = body["search_after"].get(0).map(|last| last.as_u64());
        let first = match after {
            None => 0,
            Some(Some(last)) => last + 1,
            Some(None) => {
                let reason = "search_after has no value of _shard_doc";
                return error(
                    StatusCode::BAD_REQUEST,
                    "illegal_argument_exception",
                    reason,
                );
            }
        };
        let found = documents.iter().zip(0_u64..).skip(first as usize);
        let hits: Vec<Value> = found
            .take(size as usize)
            .map(|(document, place)| {
                json!({
                    "_index": index, "_id": document.id, "_score": null,
                    "_source": document.source, "sort": [place],
                })
            })
            .collect();
        let mut shards = shards();
        if fault == Some(Fault::Partial) {
            (shards["successful"], shards["failed"]) = (0.into(), 1.into());
        }
        let whole = json!({
            "pit_id": id, "took": 1, "timed_out": false, "_shards": shards,
            "hits": { "max_score": null, "hits": hits },
        });
        (StatusCode::OK, whole)
    }
}
