//! The cookie by which a device says that it signed in before. It is no credential: `session` has those.

use actix_web::{HttpRequest, http::header::HeaderName};

use super::session;
use crate::auth::DeviceMark;

/// Kept apart from the session's, which signing out takes away.
const COOKIE: &str = "__Host-ferry-device";
/// A year after the last sign-in the device is a stranger again.
const TTL_SECS: u64 = 365 * 86_400;

/// What the request says of its device.
pub(super) fn mark_of(request: &HttpRequest) -> Option<DeviceMark> {
    session::cookie(request, COOKIE).map(DeviceMark::new)
}

/// The header that hands the browser its mark.
pub(super) fn set_cookie(request: &HttpRequest, mark: &DeviceMark) -> (HeaderName, String) {
    session::cookie_header(request, COOKIE, mark.expose(), TTL_SECS)
}
