//! EC2's answer to DescribeInstances, which is XML.

use std::fmt;

use roxmltree::{Document, Node};

/// One page of instances.
pub struct Page {
    pub instances: Vec<Instance>,
    /// What asks for the next one.
    pub next: Option<String>,
}

/// What is shown of an instance.
pub struct Instance {
    id: String,
    kind: String,
    state: String,
    address: String,
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            kind,
            state,
            address,
        } = self;
        write!(f, "{id:<20} {kind:<12} {state:<10} {address}")
    }
}

/// Reads an answer.
///
/// # Errors
/// It is a refusal, which says why, or no XML.
pub fn instances(status: http::StatusCode, text: &str) -> Result<Page, Box<dyn std::error::Error>> {
    let Ok(document) = Document::parse(text) else {
        return Err(format!("EC2 answered {status}, and no XML").into());
    };
    let root = document.root_element();
    if !status.is_success() {
        let (code, message) = (find(root, "Code"), find(root, "Message"));
        return Err(format!("EC2 answered {status}: {code}: {message}").into());
    }
    let sets = root.descendants().filter(|node| is(*node, "instancesSet"));
    let items = sets.flat_map(|set| set.children().filter(|node| is(*node, "item")));
    Ok(Page {
        instances: items.map(instance).collect(),
        next: child(root, "nextToken")
            .map(text_of)
            .filter(|t| !t.is_empty()),
    })
}

fn instance(item: Node<'_, '_>) -> Instance {
    let of = |name| child(item, name).map(text_of).unwrap_or_default();
    let state = child(item, "instanceState");
    let state = state.and_then(|state| child(state, "name"));
    Instance {
        id: of("instanceId"),
        kind: of("instanceType"),
        state: state.map(text_of).unwrap_or_default(),
        address: of("privateIpAddress"),
    }
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is(*child, name))
}

fn find(root: Node<'_, '_>, name: &str) -> String {
    let found = root.descendants().find(|node| is(*node, name));
    found.map(text_of).unwrap_or_default()
}

/// Its text, without what moves a terminal.
fn text_of(node: Node<'_, '_>) -> String {
    let text = node.text().unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).collect()
}
