// What no bzip2 would write.

/** The message says what is wrong; whoever knows the image's name makes a sentence of it. */
export class Malformed extends Error {}

/** The stream ended within what it began. */
export class PastEnd extends Error {}
