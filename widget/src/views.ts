// How one item of the conversation looks: bubbles, the crisis card, a question of the fit check, its result.

import { html, nothing, type TemplateResult } from "lit";
import { isMine, isNote, type Bot, type Button, type Item } from "./conversation";
import { fill, urgentWords, words } from "./strings";
import { linked, split, waysOf } from "./text";

// The fit check's questions before the result, in their order; some are left out by the answers before them.
const STEPS =
  "who age safety focus daily_use withdrawal_history health around_the_clock impact care_so_far home time".split(" ");

/** What a view may do. */
export interface Actions {
  /** Send a message that is shown in other words, or as it is. */
  send(text: string, shown?: string): void;
  answer(event: SubmitEvent): void;
  copy(text: string): void;
  print(text: string): void;
  download(text: string, name: string): void;
}

/** Where an item stands. */
export interface Place {
  /** Of the latest turn: its buttons can be pressed. */
  isLatest: boolean;
  /** Nothing was said after it. */
  isLast: boolean;
  /** Danger was heard after it, or in a later check: a result is no longer handed on. */
  isOvertaken: boolean;
  isWaiting: boolean;
  act: Actions;
}

export function viewOf(item: Item, place: Place): unknown {
  if (isMine(item)) {
    const state = item.state === "failed" ? words.failed : place.isWaiting ? words.waiting : "";
    return html`<div class="msg mine">
      <p class="bubble" dir="auto"><span class="off">${words.you}: </span>${item.shown ?? item.message}</p>
      ${state ? html`<p class="state">${state}</p>` : nothing}
    </div>`;
  }
  if (isNote(item)) {
    const said = urgentWords(item.language);
    return item.note === "danger"
      ? html`<div class="msg card" lang=${item.language} role="group" aria-label=${said.danger_title} tabindex="-1">
          <div class="bubble">
            <p class="title">${said.danger_title}</p>
            <p>${linked(said.danger)}</p>
          </div>
        </div>`
      : html`<p class="msg note">${linked(words[item.note])}</p>`;
  }
  return botView(item, place);
}

/** The language of a reply: that in which danger was told, else English, whatever the widget speaks. */
export const languageOf = (bot: Bot): string => bot.custom?.language ?? "en";

function botView(bot: Bot, place: Place): TemplateResult {
  const { isLatest } = place;
  const kind = bot.custom?.kind;
  if (kind === "question" && isLatest && bot.buttons) return questionView(bot, bot.buttons, place);
  const [body, source] = split(bot.text ?? "");
  const isCrisis = kind === "crisis";
  const { crisis_title } = urgentWords(bot.custom?.language);
  const isResult = kind === "fit_result" && !bot.custom?.numbers && !place.isOvertaken;
  return html`<div
    class="msg bot ${isCrisis ? "card" : isResult ? "result" : ""}"
    role=${isCrisis || isResult ? "group" : nothing}
    aria-label=${isCrisis ? crisis_title : isResult ? words.result : nothing}
    tabindex="-1"
  >
    <div class="bubble" dir="auto" lang=${languageOf(bot)}>
      <span class="off">${words.bot}: </span>
      ${isCrisis ? html`<p class="title">${crisis_title}</p>` : nothing}
      <p>${linked(body)}</p>
      ${source ? html`<p class="source">${source}</p>` : nothing} ${numbersView(bot)}
    </div>
    ${isResult ? resultView(bot.text ?? "", place) : nothing}
    ${isLatest && bot.buttons
      ? repliesView(bot.buttons, languageOf(bot), (button) => place.act.send(button.payload))
      : nothing}
    ${place.isLast && (kind === "answer" || bot.custom?.reason === "not_covered")
      ? html`<button class="plain" type="button" @click=${() => place.act.send(COMPLAINT, words.unhelpful)}>
          ${words.unhelpful}
        </button>`
      : nothing}
  </div>`;
}

// What the assistant understands, whatever the widget speaks.
const COMPLAINT = "That did not help.";

function numbersView(bot: Bot): unknown {
  const { numbers } = bot.custom ?? {};
  if (!numbers?.length) return nothing;
  const said = urgentWords(bot.custom?.language);
  return html`<ul class="numbers">
    ${numbers.map((number) =>
      waysOf(number).map(
        (way) => html`<li>
          <a href=${way.href}><b>${fill(said[way.kind], { number: way.number })}</b> <small>${number.label}</small></a>
        </li>`,
      ),
    )}
  </ul>`;
}

/** Buttons with titles in a language. */
export function repliesView(buttons: Button[], language: string, press: (button: Button) => void): TemplateResult {
  return html`<div class="row replies" role="group" aria-label=${words.replies}>
    ${buttons.map(
      (button) => html`<button type="button" lang=${language} @click=${() => press(button)}>${button.title}</button>`,
    )}
  </div>`;
}

function questionView(bot: Bot, buttons: Button[], { act }: Place): TemplateResult {
  const step = STEPS.indexOf(bot.custom?.id ?? "") + 1;
  return html`<form class="msg bot question" @submit=${act.answer} novalidate>
    ${step
      ? html`<label class="step"
          >${fill(words.step, { n: step, max: STEPS.length })}
          <progress max=${STEPS.length} value=${step}></progress
        ></label>`
      : nothing}
    <fieldset lang=${languageOf(bot)}>
      <legend dir="auto">${linked(bot.text ?? "")}</legend>
      ${buttons.map(
        ({ title, payload }) =>
          html`<label class="choice">
            <input type="radio" name="answer" value=${payload} /><span>${title}</span>
          </label>`,
      )}
    </fieldset>
    <p class="state" id="choose" hidden>${words.choose}</p>
    <div class="row">
      <button class="main">${words.next}</button>
      ${(["skip", "back", "why"] as const).map(
        (name) => html`<button type="button" @click=${() => act.send(COMMANDS[name], words[name])}>${words[name]}</button>`,
      )}
    </div>
  </form>`;
}

// What the fit check takes for its commands, in the language that it speaks.
const COMMANDS = { skip: "Skip", back: "Back", why: "Why do you ask?" };

function resultView(text: string, { act }: Place): TemplateResult {
  return html`<div class="row">
    <button type="button" @click=${() => act.copy(text)}>${words.copy}</button>
    <button type="button" @click=${() => act.print(text)}>${words.print}</button>
    <button type="button" @click=${() => act.download(text, "fit-check.txt")}>${words.download}</button>
  </div>`;
}
