/** The question about a file that is not what its earlier upload stored: exactly how much differs, and only the answers that are possible. */

import { freshId, h } from '../dom.js';
import { changedLabel, changedSentence } from '../sentences.js';

const EXPLAINED = {
  replace: 'The upload becomes this file; equal parts are not sent again.',
  fresh: 'The earlier upload stays as it is.',
  stop: 'Nothing is sent; what is stored is kept.',
};

export function changedQuestion(changed, onAnswer) {
  const textId = freshId('changed');
  const choice = (answer, index) => h('button', {
    type: 'button', class: index === 0 ? 'primary small' : 'small', testid: `changed-${answer}`, title: EXPLAINED[answer],
    on: { click: () => onAnswer(answer) },
  }, changedLabel(answer, changed));
  return h('div', {
    class: 'question', role: 'group', 'aria-labelledby': textId, testid: 'changed-question',
    data: { differing: changed.differingParts, total: changed.totalParts, choices: changed.choices.join(' ') },
  },
  h('p', { id: textId }, changedSentence(changed)),
  h('div', { class: 'actions' }, changed.choices.map(choice)));
}
