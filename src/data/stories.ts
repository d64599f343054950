import { seeded, type Random } from '../base/random.ts';
import { textDataSet } from './text.ts';
import { vocabularyTokenizer } from './tokenizer.ts';
import type { TextDataSet } from './types.ts';

/** Begins every document, and stands nowhere else: START OF TEXT. */
export const BEGIN = '\u0002';

/** All characters that stories are written in, in the order of their ids: the begin of a document has id 0. */
export const CHARACTERS = `${BEGIN}\n !"'+,-.0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz`;

interface Person {
  readonly name: string;
  readonly kind: 'girl' | 'boy';
  readonly she: string;
  readonly her: string;
}

const girl = (name: string): Person => ({ name, kind: 'girl', she: 'she', her: 'her' });
const boy = (name: string): Person => ({ name, kind: 'boy', she: 'he', her: 'his' });
const PEOPLE: readonly Person[] = [
  ...['Anna', 'Bella', 'Clara', 'Ella', 'Fiona', 'Ida', 'Julia', 'Lina', 'Mia', 'Nora', 'Rosa', 'Zoe'].map(girl),
  ...['Adam', 'Ben', 'Carl', 'David', 'Emil', 'Hugo', 'Jonas', 'Leo', 'Max', 'Oscar', 'Paul', 'Tom'].map(boy),
];

/** Singular and plural. */
type Noun = readonly [one: string, many: string];
const COUNTED: readonly Noun[] = [
  ['apple', 'apples'],
  ['berry', 'berries'],
  ['cherry', 'cherries'],
  ['egg', 'eggs'],
  ['leaf', 'leaves'],
  ['nut', 'nuts'],
  ['peach', 'peaches'],
  ['pear', 'pears'],
  ['shell', 'shells'],
  ['stone', 'stones'],
];
const THINGS = ['ball', 'boat', 'book', 'bowl', 'cup', 'drum', 'hat', 'kite', 'lamp', 'map', 'bell', 'wagon'];
const COLOURS = ['black', 'blue', 'brown', 'green', 'red', 'white', 'yellow'];
const NATURES = ['brave', 'clever', 'cheerful', 'kind', 'little', 'quiet', 'quick', 'shy'];
const HOMES = ['by the river', 'near the forest', 'on a hill', 'at the sea', 'behind the mill', 'in a small town'];
const FOUND = ['in the garden', 'on the beach', 'near the bridge', 'in the attic', 'at the market', 'under a tree'];
const HIDDEN = ['under the bed', 'in a box', 'on the shelf', 'behind the door', 'in the kitchen', 'in a basket'];
const LOVED = ['music', 'the sun', 'the wind', 'games', 'sweets', 'long walks'];
const KIN = ['friend', 'cousin', 'neighbour'];
const FINDS = ['a letter', 'an old key', 'a silver coin', 'an owl', 'a tiny frog', 'an orange feather'];

/** An animal, what it is called, and what it does when it is glad. */
const PETS: readonly (readonly [kind: string, names: readonly string[], glad: string])[] = [
  ['cat', ['Luna', 'Momo', 'Tiger'], 'purred'],
  ['dog', ['Rex', 'Bruno', 'Lucky'], 'barked'],
  ['duck', ['Daisy', 'Waddle'], 'quacked'],
  ['bird', ['Pip', 'Coco'], 'sang'],
  ['pony', ['Star', 'Misty'], 'neighed'],
];
/** The weather, and where it makes people go. */
const WEATHER = [
  ['rain', 'ran into the house'],
  ['snow', 'put on warm coats'],
  ['get dark', 'lit a lamp'],
  ['storm', 'closed the windows'],
] as const;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const counted = (count: number, [one, many]: Noun): string => `${count} ${count === 1 ? one : many}`;

/** What a story keeps in mind, so that what is told later agrees with what was told before. */
class Story {
  private readonly random: Random;
  private readonly hero: Person;
  private readonly friend: Person;
  private readonly pet: readonly [kind: string, name: string, glad: string];
  private readonly thing: string;
  private colour: string;
  private hidden: string;

  constructor(random: Random) {
    this.random = random;
    this.hero = this.pick(PEOPLE);
    this.friend = this.pick(PEOPLE.filter((each) => each !== this.hero));
    const [kind, names, glad] = this.pick(PETS);
    this.pet = [kind, this.pick(names), glad];
    this.thing = this.pick(THINGS);
    this.colour = this.pick(COLOURS);
    this.hidden = this.pick(HIDDEN);
  }

  tell(): string {
    const beginning = [this.opening(), this.finding(), this.visit()];
    const scenes = [this.give, this.getMore, this.sum, this.where, this.paint, this.move, this.chase, this.weather];
    const middle = this.some(scenes).map((scene) => scene.call(this));
    return [...beginning, ...middle, this.ending()].join(' ');
  }

  /** One to five of them, in any order. */
  private some<T>(list: readonly T[]): readonly T[] {
    const rest = [...list];
    return Array.from({ length: this.number(1, 5) }, () => rest.splice(this.number(0, rest.length - 1), 1)).flat();
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  private number(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  private opening(): string {
    const { name, kind, she } = this.hero;
    const [animal, called] = this.pet;
    const [nature, home] = [this.pick(NATURES), this.pick(HOMES)];
    const who = this.pick([
      `${name} was a ${nature} ${kind} who lived ${home}.`,
      `Once there was a ${nature} ${kind} named ${name}. ${capital(she)} lived ${home}.`,
      `In a house ${home} lived a ${nature} ${kind} named ${name}.`,
    ]);
    return `${who} ${capital(she)} had a ${animal} called ${called}. ${this.pick([name, called])} loved ${this.pick(LOVED)}.`;
  }

  private finding(): string {
    const { name, she } = this.hero;
    const when = this.pick(['One day', 'One morning', 'Last summer']);
    return `${when}, ${name} found a ${this.colour} ${this.thing} ${this.pick(FOUND)}. ${capital(she)} put the ${this.thing} ${this.hidden}.`;
  }

  private visit(): string {
    const [hero, friend] = [this.hero.name, this.friend.name];
    return this.pick([
      `Then ${friend}, a ${this.pick(KIN)} of ${hero}, came to play. "${hero}! ${hero}!" called ${friend}.`,
      `Then ${friend}, a ${this.pick(KIN)}, came to play with ${hero}. "${friend}!" called ${hero}.`,
      `"Good day, ${hero}," said ${friend}, ${this.hero.her} ${this.pick(KIN)}. "Good day, ${friend}," said ${hero}.`,
    ]);
  }

  /** Who gives, who gets. */
  private pair(): readonly [Person, Person] {
    return this.random() < 0.5 ? [this.hero, this.friend] : [this.friend, this.hero];
  }

  private give(): string {
    const [from, to] = this.pair();
    const noun = this.pick(COUNTED);
    const all = this.number(2, 12);
    const given = this.number(1, all - 1);
    return `${from.name} had ${counted(all, noun)} and gave ${given} to ${to.name}, so ${from.she} had ${counted(all - given, noun)} left.`;
  }

  private getMore(): string {
    const [one, other] = this.pair();
    const noun = this.pick(COUNTED);
    const [a, b] = [this.number(1, 9), this.number(1, 9)];
    return `${one.name} had ${counted(a, noun)}. ${other.name} found ${b} more. Together they had ${counted(a + b, noun)}.`;
  }

  private sum(): string {
    const [asks, says] = this.pair();
    const [a, b] = [this.number(1, 9), this.number(1, 9)];
    const [question, answer] = this.random() < 0.5 ? [`${a} + ${b}`, a + b] : [`${a + b} - ${b}`, a];
    return `"What is ${question}?" asked ${asks.name}. "${question} = ${answer}," said ${says.name}.`;
  }

  private where(): string {
    const { hero, friend, thing, colour, hidden } = this;
    return `"Where is the ${colour} ${thing}?" asked ${friend.name}. "It is ${hidden}," said ${hero.name}.`;
  }

  private paint(): string {
    const before = this.colour;
    this.colour = this.pick(COLOURS.filter((each) => each !== before));
    return `${this.pair()[0].name} painted the ${before} ${this.thing}. Now it was ${this.colour}.`;
  }

  private move(): string {
    const [who] = this.pair();
    const before = this.hidden;
    this.hidden = this.pick(HIDDEN.filter((each) => each !== before));
    return `The ${this.thing} was not ${before} any more, for ${who.name} had put it ${this.hidden}.`;
  }

  private chase(): string {
    const [kind, name, glad] = this.pet;
    return `${name} the ${kind} found ${this.pick(FINDS)} and ${glad}.`;
  }

  private weather(): string {
    const [falls, done] = this.pick(WEATHER);
    return `It began to ${falls}, so ${this.hero.name} and ${this.friend.name} ${done}.`;
  }

  private ending(): string {
    const { hero, friend, thing, colour, hidden } = this;
    const [kind, name, glad] = this.pet;
    return this.pick([
      `${hero.name} and ${friend.name} laughed, and ${name} ${glad}.`,
      `That night the ${colour} ${thing} was ${hidden}, and ${hero.name} went to sleep.`,
      `"${capital(thing)}s are fun," said ${friend.name}, and ${hero.name}'s ${kind} ${glad}.`,
    ]);
  }
}

/** One small story of a few hundred characters, on one line: the same for the same seed and number. */
export const story = (index: number, seed: number): string => new Story(seeded(seed * 999_983 + index)).tell();

/** Stories one behind the other, as one text. */
export const storiesText = (count: number, seed: number): string =>
  Array.from({ length: count }, (_, index) => `${BEGIN}${story(index, seed)}\n`).join('');

/**
 * Small stories by a grammar that keeps in mind what it has told: names and pronouns agree, things keep their colour and
 * place until somebody changes them, and sums are right. Each begins with `BEGIN` and ends with a line break; windows run
 * across stories, so that none is given a begin of its own.
 *
 * @returns windows of one text, by characters
 */
export function stories(count: number, seed: number): TextDataSet {
  return textDataSet(
    'stories',
    new TextEncoder().encode(storiesText(count, seed)),
    vocabularyTokenizer('stories', CHARACTERS),
  );
}
