//! The routes as a whole: the list in `routes`, the annotations of the handlers and the OpenAPI document are one set.

use std::collections::BTreeSet;

use super::{document, fallback::methods};

/// `METHOD /path` of every operation in the document.
fn documented() -> BTreeSet<String> {
    let document = document();
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| {
            methods(item)
                .into_iter()
                .map(move |method| format!("{method} {path}"))
        })
        .collect()
}

/// `METHOD /path` of every route attribute in this folder's sources.
fn annotated() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http");
    let sources = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    sources
        .flat_map(|source| source.lines().filter_map(route_in).collect::<Vec<_>>())
        .collect()
}

fn route_in(line: &str) -> Option<String> {
    let (method, rest) = line.strip_prefix("#[")?.split_once("(\"")?;
    let known = ["get", "post", "put", "patch", "delete"].contains(&method);
    let (path, _) = rest.split_once('"')?;
    known.then(|| format!("{} {path}", method.to_uppercase()))
}

#[test]
fn every_route_is_documented_and_every_document_entry_is_a_route() {
    assert_eq!(documented(), annotated());
}

/// The endpoints as they were agreed on. Clients of other people rely on them: a change here is a change of the contract.
#[test]
fn the_contract_is_whole() {
    let contract: BTreeSet<String> = include_str!("contract.txt")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(documented(), contract);
}

#[test]
fn every_operation_documents_refusals_and_its_parameters() {
    let document = serde_json::to_value(document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let in_path = path.matches('{').count();
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                operation["responses"]["default"].is_object(),
                "{method} {path} documents no refusal"
            );
            let parameters = operation["parameters"]
                .as_array()
                .map_or(0, |list| list.iter().filter(|p| p["in"] == "path").count());
            assert_eq!(parameters, in_path, "{method} {path}");
        }
    }
    assert_eq!(document["openapi"], "3.1.0");
}
