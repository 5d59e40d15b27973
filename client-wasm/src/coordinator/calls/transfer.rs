//! Calls about one upload or download under the page's topic.

use std::rc::Rc;

use ferry_core::transfer::{download, upload::Event};
use js_sys::Object;
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use super::nothing;
#[cfg(feature = "bench")]
use crate::bench;
use crate::{
    coordinator::{
        Coordinator,
        page::{Listener, Topic, decision_of},
    },
    download::Download,
    error::{ClientCode, Result},
    interop::{field, from_js, set_field, to_js},
    upload::{Picked, Source, Upload},
};

#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Call {
    Upload {
        topic: Topic,
    },
    ResumeUpload {
        topic: Topic,
    },
    StopUpload {
        topic: Topic,
    },
    DiscardUpload {
        topic: Topic,
    },
    AnswerChanged {
        topic: Topic,
        answer: String,
    },
    Download {
        topic: Topic,
        file_id: Uuid,
    },
    DownloadWritten {
        topic: Topic,
        failed: Option<String>,
    },
    StopDownload {
        topic: Topic,
    },
    #[cfg(feature = "bench")]
    BenchPlain {
        url: String,
        part_bytes: u32,
        in_flight: u32,
    },
}

impl Coordinator {
    pub(super) async fn transfer(&self, call: Call, message: &JsValue) -> Result<JsValue> {
        match call {
            Call::Upload { topic } => self.upload(topic, source(message)?).await,
            Call::ResumeUpload { topic } => self.run_upload(topic, Some(source(message)?)).await,
            Call::StopUpload { topic } => nothing(self.stop_upload(topic).await),
            Call::DiscardUpload { topic } => self.discard_upload(topic).await,
            Call::AnswerChanged { topic, answer } => nothing(self.answer_changed(topic, &answer)),
            Call::Download { topic, file_id } => self.download(topic, file_id).await,
            Call::DownloadWritten { topic, failed } => {
                nothing(self.with_download(topic, |it| it.written(failed)))
            }
            Call::StopDownload { topic } => {
                nothing(self.with_download(topic, |it| it.feed(download::Event::Stop)))
            }
            #[cfg(feature = "bench")]
            Call::BenchPlain {
                url,
                part_bytes,
                in_flight,
            } => {
                let blob = field(message, "file").unchecked_into();
                to_js(&bench::send_plain(&self.context, blob, &url, part_bytes, in_flight).await?)
            }
        }
    }

    async fn upload(&self, topic: Topic, source: Source) -> Result<JsValue> {
        let listener = Rc::new(Listener {
            topic,
            name: source.picked.name.clone(),
        });
        let upload = Upload::new(self.context.clone(), source, listener);
        self.uploads.borrow_mut().insert(topic, upload);
        self.run_upload(topic, None).await
    }

    /// What ended well is of no more use; all else may run again.
    async fn run_upload(&self, topic: Topic, again: Option<Source>) -> Result<JsValue> {
        let uploaded = self.upload_of(topic)?.run(again).await?;
        self.uploads.borrow_mut().remove(&topic);
        to_js(&uploaded)
    }

    /// What is not there any more has stopped.
    async fn stop_upload(&self, topic: Topic) -> Result<()> {
        if let Ok(upload) = self.upload_of(topic) {
            upload.stop().await;
        }
        Ok(())
    }

    async fn discard_upload(&self, topic: Topic) -> Result<JsValue> {
        let discarded = self.upload_of(topic)?.discard().await?;
        self.uploads.borrow_mut().remove(&topic);
        to_js(&discarded)
    }

    fn answer_changed(&self, topic: Topic, answer: &str) -> Result<()> {
        let decision = decision_of(answer)?;
        self.upload_of(topic)?.feed(Event::Decide(decision));
        Ok(())
    }

    async fn download(&self, topic: Topic, file_id: Uuid) -> Result<JsValue> {
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

    /// What is not there any more needs nothing.
    fn with_download(&self, topic: Topic, act: impl FnOnce(&Rc<Download>)) -> Result<()> {
        let download = self.downloads.borrow().get(&topic).cloned();
        download.as_ref().map(act);
        Ok(())
    }

    fn upload_of(&self, topic: Topic) -> Result<Rc<Upload>> {
        self.uploads
            .borrow()
            .get(&topic)
            .cloned()
            .ok_or(ClientCode::UnknownUpload.into())
    }
}

/// What the page attached to an upload.
fn source(message: &JsValue) -> Result<Source> {
    let args = field(&field(message, "call"), "args");
    let blob = field(message, "file");
    set_field(
        args.unchecked_ref::<Object>(),
        "sizeBytes",
        &field(&blob, "size"),
    );
    let picked: Picked = from_js(args)?;
    Ok(Source {
        picked,
        blob: blob.unchecked_into(),
        handle: field(message, "handle"),
    })
}
