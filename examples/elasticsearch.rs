//! Writes documents to an Elasticsearch index in bulk, and reads all of them back: a point in time,
//! page by page with `search_after`.
//!
//! Plain requests under a connection of the settings, which has the server's address, the login, the
//! certificates to believe and the proxy (docs/elasticsearch.md):
//! `cargo run --features reqwest --example elasticsearch -- elastic readings`

use outbound::Client;
use outbound::adapters::reqwest::Executor;
use reqwest::{Method, Url};
use serde_json::{Value, json};

type Error = Box<dyn std::error::Error>;

/// So many documents are written, and so many at a time written and read.
const DOCUMENTS: usize = 2500;
const AT_A_TIME: usize = 1000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(connection), Some(index)) = (arguments.next(), arguments.next()) else {
        eprintln!("name a connection of the settings, and an index");
        std::process::exit(2);
    };
    if let Err(error) = run(&connection, &index).await {
        eprintln!("{error}");
        if let Some(hint) = outbound::Error::find(&*error).and_then(outbound::Error::hint) {
            eprintln!("hint: {hint}");
        }
        std::process::exit(1);
    }
}

async fn run(connection: &str, index: &str) -> Result<(), Error> {
    let elastic = Elastic::new(&Client::load()?, connection)?;
    let about = elastic.json(Method::GET, "", None).await?;
    let version = about["version"]["number"].as_str().unwrap_or("unknown");
    // It goes to a terminal, and a server may say what it likes.
    let version: String = version.chars().filter(|c| !c.is_control()).collect();
    println!("Elasticsearch {version}");

    let documents: Vec<Value> = (0..DOCUMENTS)
        .map(|number| json!({ "number": number, "city": "Zürich" }))
        .collect();
    for batch in documents.chunks(AT_A_TIME) {
        elastic.index(index, batch).await?;
    }
    println!("{DOCUMENTS} documents written");

    let point = format!("{index}/_pit?keep_alive=1m");
    let opened = elastic.json(Method::POST, &point, None).await?;
    let mut id = opened["id"].clone();
    // The point in time is closed also when reading fails: it holds files open on the server.
    let read = elastic.read(&mut id).await;
    let closed = elastic.json(Method::DELETE, "_pit", Some(json!({ "id": id })));
    let closed = closed.await;
    let (documents, pages) = read?;
    closed?;
    println!("{documents} documents read in {pages} pages");
    Ok(())
}

/// A server, by its connection.
struct Elastic {
    executor: Executor,
    base: Url,
}

impl Elastic {
    fn new(client: &Client, connection: &str) -> Result<Self, Error> {
        let policy = client.connector().policy();
        let mut base = policy.connection(connection)?.url.clone();
        // Paths are joined to it.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self {
            executor: Executor::new(client).for_connection(connection)?,
            base,
        })
    }

    /// Writes documents under numbers as their names: a second run writes the same ones.
    async fn index(&self, index: &str, documents: &[Value]) -> Result<(), Error> {
        let mut lines = String::new();
        for document in documents {
            let action =
                json!({ "index": { "_index": index, "_id": document["number"].to_string() } });
            lines.push_str(&format!("{action}\n{document}\n"));
        }
        let answer = self.send(
            Method::POST,
            "_bulk?refresh=wait_for",
            "application/x-ndjson",
            lines,
        );
        let answer = answer.await?;
        // Each document has its own fate, and the status tells of none.
        if answer["errors"] == true {
            let items = answer["items"].as_array().into_iter().flatten();
            let failed = items.filter(|item| item["index"]["error"].is_object());
            let first = failed.map(|item| item["index"].to_string()).next();
            return Err(format!(
                "not every document was written: {}",
                first.unwrap_or_default()
            )
            .into());
        }
        Ok(())
    }

    /// Reads everything at a point in time, and counts documents and pages. The server may give the
    /// point another name at any page.
    async fn read(&self, id: &mut Value) -> Result<(usize, usize), Error> {
        let (mut documents, mut pages) = (0, 0);
        let mut query =
            json!({ "size": AT_A_TIME, "sort": ["_shard_doc"], "track_total_hits": false });
        loop {
            query["pit"] = json!({ "id": id, "keep_alive": "1m" });
            let mut page = self
                .json(Method::POST, "_search", Some(query.clone()))
                .await?;
            if page["pit_id"].is_string() {
                *id = page["pit_id"].take();
            }
            // What there is comes with 200 also when a part of it is missing.
            let shards = &page["_shards"];
            if page["timed_out"] == true || shards["failed"].as_u64().is_some_and(|n| n > 0) {
                let (failed, total) = (&shards["failed"], &shards["total"]);
                return Err(format!("{failed} of {total} shards did not answer in time").into());
            }
            let hits = page["hits"]["hits"].as_array().cloned().unwrap_or_default();
            let Some(last) = hits.last() else {
                return Ok((documents, pages));
            };
            documents += hits.len();
            pages += 1;
            query["search_after"] = last["sort"].clone();
        }
    }

    async fn json(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Error> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, "application/json", body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: String,
    ) -> Result<Value, Error> {
        let mut request = reqwest::Request::new(method, self.base.join(path)?);
        if !body.is_empty() {
            request.headers_mut().insert("content-type", kind.parse()?);
            *request.body_mut() = Some(body.into());
        }
        let response = self.executor.execute(request).await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            let (kind, reason) = (&answer["error"]["type"], &answer["error"]["reason"]);
            return Err(format!("Elasticsearch answered {status}: {kind} {reason}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}
