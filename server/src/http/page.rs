//! The page and its wasm module, embedded in the binary (debug builds read them from disk, so that they can be edited).

use std::fmt::Write as _;

use actix_web::{
    HttpRequest, HttpResponse, dev::HttpServiceFactory, guard, http::header, middleware::Compress,
    web,
};
use rust_embed::{Embed, EmbeddedFile};

use super::fallback;

#[derive(Embed)]
#[folder = "../web/"]
struct Page;

/// What `cargo xtask web` makes of the client; empty where it was not run.
#[derive(Embed)]
#[folder = "../target/web-pkg/"]
struct Module;

/// Takes every GET that the API left over.
pub(super) fn resource() -> impl HttpServiceFactory + 'static {
    web::resource("/{path:.*}")
        .guard(guard::Any(guard::Get()).or(guard::Head()))
        .wrap(Compress::default())
        .to(serve)
}

async fn serve(request: HttpRequest, known: web::Data<fallback::Known>) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    match asset(path) {
        Some((media_type, file)) => answer(&request, media_type, file),
        None => fallback::unknown(request, known).await,
    }
}

fn asset(path: &str) -> Option<(&'static str, EmbeddedFile)> {
    let path = if path.is_empty() { "index.html" } else { path };
    // Debug builds read from disk, where `js/../test/` is a folder too.
    if path
        .split('/')
        .any(|piece| matches!(piece, "" | "." | ".."))
    {
        return None;
    }
    let media_type = media_type(path)?;
    let file = match path.strip_prefix("pkg/") {
        Some(path) => Module::get(path),
        None if path.starts_with("test/") => None,
        None => Page::get(path),
    };
    file.map(|file| (media_type, file))
}

/// By the end of the name; other files are not for browsers.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "json" => Some("application/json"),
        "webmanifest" => Some("application/manifest+json"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "ico" => Some("image/x-icon"),
        _ => None,
    }
}

/// Always asked again, rarely sent again: page and module must be of one version.
fn answer(request: &HttpRequest, media_type: &str, file: EmbeddedFile) -> HttpResponse {
    let etag =
        file.metadata
            .sha256_hash()
            .iter()
            .take(16)
            .fold("W/\"".to_owned(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
            + "\"";
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_known {
        return response.finish();
    }
    response
        .content_type(media_type)
        .body(file.data.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{asset, media_type};

    #[test]
    fn tests_are_served_under_no_name() {
        assert!(asset("js/main.js").is_some());
        for path in [
            "test/bots.test.js",
            "js/../test/bots.test.js",
            "./test/bots.test.js",
            "pkg/../test/bots.test.js",
            "/test/bots.test.js",
            "test//bots.test.js",
        ] {
            assert!(asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_files_for_browsers_are_served() {
        assert_eq!(
            media_type("js/main.js"),
            Some("text/javascript; charset=utf-8")
        );
        assert_eq!(
            media_type("pkg/ferry_client_wasm_bg.wasm"),
            Some("application/wasm")
        );
        for path in ["README.md", "package", ".hidden", "js/main.ts"] {
            assert_eq!(media_type(path), None, "{path}");
        }
    }
}
