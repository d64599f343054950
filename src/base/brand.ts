declare const brand: unique symbol;

/** A primitive that carries a name in its type, so that ids of different kinds cannot be mixed up. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
