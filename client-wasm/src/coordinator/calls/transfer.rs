//! Calls about one upload or download under the page's topic.

use std::rc::Rc;

use ferry_core::transfer::{download, upload::Event};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

#[cfg(feature = "bench")]
use crate::bench;
use crate::{
    coordinator::{
        Coordinator,
        page::{Listener, Topic, decision_of},
    },
    download::Download,
    error::{ClientCode, Result},
    interop::{field, to_js},
    machine_loop::Driver,
    upload::{Picked, Source, Upload},
};

#[cfg(feature = "bench")]
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BenchPlain {
    url: String,
    part_bytes: u32,
    in_flight: u32,
}

impl Coordinator {
    pub(super) async fn upload(
        &self,
        topic: Topic,
        picked: Picked,
        message: &JsValue,
    ) -> Result<JsValue> {
        let source = source(picked, message);
        let listener = Rc::new(Listener {
            topic,
            name: source.picked.name.clone(),
        });
        let upload = Upload::new(self.context.clone(), source, listener);
        self.uploads.borrow_mut().insert(topic, upload);
        self.run_upload(topic, None).await
    }

    pub(super) async fn resume(
        &self,
        topic: Topic,
        picked: Picked,
        message: &JsValue,
    ) -> Result<JsValue> {
        self.run_upload(topic, Some(source(picked, message))).await
    }

    /// What ended well is of no more use; all else may run again.
    async fn run_upload(&self, topic: Topic, again: Option<Source>) -> Result<JsValue> {
        let uploaded = self.upload_of(topic)?.run(again).await?;
        self.uploads.borrow_mut().remove(&topic);
        to_js(&uploaded)
    }

    /// What is not there any more has stopped.
    pub(super) async fn stop_upload(&self, topic: Topic) -> Result<()> {
        if let Ok(upload) = self.upload_of(topic) {
            upload.stop().await;
        }
        Ok(())
    }

    pub(super) async fn discard_upload(&self, topic: Topic) -> Result<JsValue> {
        let discarded = self.upload_of(topic)?.discard().await?;
        self.uploads.borrow_mut().remove(&topic);
        to_js(&discarded)
    }

    pub(super) fn answer_changed(&self, topic: Topic, answer: &str) -> Result<()> {
        let decision = decision_of(answer)?;
        self.upload_of(topic)?.feed(Event::Decide(decision));
        Ok(())
    }

    pub(super) async fn download(&self, topic: Topic, file_id: Uuid) -> Result<JsValue> {
        let listener = Rc::new(Listener {
            topic,
            name: String::new(),
        });
        let download = Download::new(self.context.clone(), file_id, listener).await?;
        self.downloads.borrow_mut().insert(topic, download.clone());
        let done = download.run().await;
        self.downloads.borrow_mut().remove(&topic);
        to_js(&done?)
    }

    /// The page's sink took the last bytes of a download, or refused them.
    pub(super) fn written(&self, topic: Topic, failed: Option<String>) -> Result<()> {
        if let Some(download) = self.download_of(topic) {
            download.written(failed);
        }
        Ok(())
    }

    /// What is not there any more has stopped.
    pub(super) fn stop_download(&self, topic: Topic) -> Result<()> {
        if let Some(download) = self.download_of(topic) {
            download.feed(download::Event::Stop);
        }
        Ok(())
    }

    #[cfg(feature = "bench")]
    pub(super) async fn bench_plain(&self, args: BenchPlain, message: &JsValue) -> Result<JsValue> {
        let BenchPlain {
            url,
            part_bytes,
            in_flight,
        } = args;
        let blob = field(message, "file").unchecked_into();
        let sent = bench::send_plain(&self.context, blob, &url, part_bytes, in_flight);
        to_js(&sent.await?)
    }

    fn download_of(&self, topic: Topic) -> Option<Rc<Download>> {
        self.downloads.borrow().get(&topic).cloned()
    }

    fn upload_of(&self, topic: Topic) -> Result<Rc<Upload>> {
        self.uploads
            .borrow()
            .get(&topic)
            .cloned()
            .ok_or(ClientCode::UnknownUpload.into())
    }
}

/// The picked file, with what the page attached.
fn source(picked: Picked, message: &JsValue) -> Source {
    Source {
        picked,
        blob: field(message, "file").unchecked_into(),
        handle: field(message, "handle"),
    }
}
