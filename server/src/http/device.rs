//! The cookie by which a device says that it signed in before. It is no credential: `session` has those.

use std::time::Duration;

use actix_web::{HttpRequest, cookie::Cookie};

use super::session;
use crate::auth::DeviceMark;

/// Kept apart from the session's, which signing out takes away.
const COOKIE: &str = "__Host-ferry-device";
/// A year after the last sign-in the device is a stranger again.
const TTL: Duration = Duration::from_secs(365 * 86_400);

/// What the request says of its device.
pub(super) fn mark_of(request: &HttpRequest) -> Option<DeviceMark> {
    session::cookie(request, COOKIE).map(DeviceMark::new)
}

/// The cookie that hands the browser its mark.
pub(super) fn set_cookie(request: &HttpRequest, mark: &DeviceMark) -> Cookie<'static> {
    session::own_cookie(request, COOKIE, mark.expose(), TTL)
}
