//! The worker that the page talks to: every call gets one answer, transfers send events under the page's topic numbers.
//! What a call does is in `calls`; nothing here knows keys or the network.

mod calls;
mod page;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ferry_core::{
    transfer::{download, upload},
    wire::ErrorCode,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use self::page::Topic;
use crate::{
    context::Context,
    download::Download,
    error::Result,
    interop::{field, scope},
    machine_loop::Driver,
    upload::Upload,
    workers::link,
};

/// The transfers that the page holds, by topic.
pub(crate) struct Coordinator {
    context: Rc<Context>,
    uploads: RefCell<HashMap<Topic, Rc<Upload>>>,
    downloads: RefCell<HashMap<Topic, Rc<Download>>>,
}

/// Serves the page for as long as the worker lives.
pub(crate) async fn run_coordinator(server: String, module: JsValue) -> Result<()> {
    let context = Context::open(server, module).await?;
    let coordinator = Rc::new(Coordinator {
        context,
        uploads: RefCell::default(),
        downloads: RefCell::default(),
    });
    coordinator.watch_network();
    link::serve(move |message| {
        let coordinator = coordinator.clone();
        spawn_local(async move { coordinator.handle(message).await });
    });
    Ok(())
}

impl Coordinator {
    async fn handle(self: Rc<Self>, message: JsValue) {
        let id = field(&message, "id");
        match self.answer(&message).await {
            Ok(value) => page::post_answer(&id, &value),
            Err(error) => {
                page::post_refusal(&id, &error);
                let is_over = error.refused() == Some(ErrorCode::Unauthenticated);
                if is_over && self.context.session.user_id().is_some() {
                    page::post_session();
                }
            }
        }
    }

    /// Tells every transfer when the network goes and comes.
    fn watch_network(self: &Rc<Self>) {
        for (name, online) in [("online", true), ("offline", false)] {
            let coordinator = self.clone();
            let heard = Closure::<dyn FnMut()>::new(move || coordinator.tell_network(online));
            // Workers without these events notice by failing requests.
            let _ = scope().add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
            heard.forget();
        }
    }

    fn tell_network(&self, online: bool) {
        if online {
            self.tell_all(&upload::Event::Online, &download::Event::Online);
        } else {
            self.tell_all(&upload::Event::Offline, &download::Event::Offline);
        }
    }

    /// The same event for every transfer.
    fn tell_all(&self, to_uploads: &upload::Event, to_downloads: &download::Event) {
        for upload in self.all_uploads() {
            upload.feed(to_uploads.clone());
        }
        for download in self.all_downloads() {
            download.feed(to_downloads.clone());
        }
    }

    fn all_uploads(&self) -> Vec<Rc<Upload>> {
        self.uploads.borrow().values().cloned().collect()
    }

    fn all_downloads(&self) -> Vec<Rc<Download>> {
        self.downloads.borrow().values().cloned().collect()
    }
}
