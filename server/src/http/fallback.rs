//! Addresses that no handler took: 405 where another method would have been taken, else 404. Their words are in
//! `core::wire::error_texts`.

use actix_web::{HttpRequest, HttpResponse, ResponseError, dev::ResourceDef, http::header, web};
use ferry_core::wire::ErrorCode;
use utoipa::openapi::OpenApi;

use super::status_codes::HttpError;

/// The paths of the API and their methods.
pub(super) struct Known(Vec<(ResourceDef, Vec<String>)>);

impl Known {
    pub(super) fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Known(
            paths
                .map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item)))
                .collect(),
        )
    }

    /// A handler answers to `HEAD` at this path itself.
    pub(super) fn has_head(&self, path: &str) -> bool {
        self.0
            .iter()
            .filter(|(known, _)| known.is_match(path))
            .any(|(_, methods)| methods.iter().any(|method| method == "HEAD"))
    }

    fn methods_at(&self, path: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(known, _)| known.is_match(path))
            .map(|(_, methods)| allowed(methods))
    }
}

/// As `Allow` has them: whatever answers to `GET` answers to `HEAD`.
fn allowed(methods: &[String]) -> String {
    let names = |name| methods.iter().any(|method| method == name);
    let head = (names("GET") && !names("HEAD")).then_some("HEAD");
    let all = methods.iter().map(String::as_str).chain(head);
    all.collect::<Vec<_>>().join(", ")
}

/// Methods of a path, as they are written in `Allow`.
pub(super) fn methods(item: &utoipa::openapi::PathItem) -> Vec<String> {
    let all = [
        ("GET", item.get.is_some()),
        ("HEAD", item.head.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    all.into_iter()
        .filter(|(_, offered)| *offered)
        .map(|(method, _)| method.to_owned())
        .collect()
}

/// Answers whatever no handler took.
pub(super) async fn unknown(request: HttpRequest, known: web::Data<Known>) -> HttpResponse {
    let Some(allowed) = known.methods_at(request.path()) else {
        return HttpError::new(ErrorCode::NotFound).error_response();
    };
    let mut response =
        HttpError::detailed(ErrorCode::MethodNotAllowed, format!("offered: {allowed}"))
            .error_response();
    if let Ok(allowed) = header::HeaderValue::try_from(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
