//! The OpenAPI document, made from the handlers, and the page to try it at `/docs`.

use actix_web::{dev::HttpServiceFactory, web};
use ferry_core::wire::{HEADER_USER, Problem};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        self, KnownFormat, ObjectBuilder, RefOr, Required, Response, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{session::COOKIE, status_codes::PROBLEM_JSON};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferry",
        description = "End-to-end encrypted uploads that go on where they stopped. Sizes are bytes, times RFC 3339 UTC, \
                       part numbers start at 1, byte strings are base64url without padding. Every unsafe call may be repeated."
    ),
    components(schemas(Problem)),
    modifiers(&Security),
    tags(
        (name = "uploads", description = "From `check` to `complete`"),
        (name = "files", description = "What is stored"),
        (name = "accounts", description = "Sign-in and tokens"),
        (name = "admin", description = "For administrators"),
        (name = "server", description = "The server itself"),
    )
)]
struct Document;

/// How callers prove who they are.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token with scopes"))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "The page's sign-in; unsafe methods need our own Origin",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// What every operation may answer instead: a problem document.
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        let content = openapi::ContentBuilder::new()
            .schema(Some(openapi::Ref::from_schema_name("Problem")))
            .build();
        let response = openapi::ResponseBuilder::new()
            .description("A refusal, with a stable code and what to do about it")
            .content(PROBLEM_JSON, content)
            .build();
        [("default".to_owned(), RefOr::T(response))].into()
    }
}

/// The header that every operation of a signed-in user may carry.
fn user_header() -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .build();
    ParameterBuilder::new()
        .name(HEADER_USER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The id of the user for whom the request is meant; refused (`unauthenticated`) when another user is signed in",
        ))
        .schema(Some(id))
        .build()
}

/// The document of all routes.
pub fn document() -> openapi::OpenApi {
    let mut document = document_of_handlers();
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.head,
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        let of_somebody = operations
            .into_iter()
            .flatten()
            .filter(|operation| operation.security.is_some());
        for operation in of_somebody {
            operation
                .parameters
                .get_or_insert_default()
                .push(RefOr::T(user_header()));
        }
    }
    document
}

fn document_of_handlers() -> openapi::OpenApi {
    let app = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Document::openapi())
        .configure(super::routes);
    app.split_for_parts().1
}

/// `/openapi.json` and `/docs`; all of their assets are in the binary.
pub(super) fn pages(document: openapi::OpenApi) -> impl HttpServiceFactory + 'static {
    let config = Config::default()
        .validator_url("none")
        .try_it_out_enabled(true);
    let docs = SwaggerUi::new("/docs/{_:.*}")
        .url("/openapi.json", document)
        .config(config);
    (web::redirect("/docs", "/docs/").see_other(), docs)
}
