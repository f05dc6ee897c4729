import { registerHooks } from 'node:module';

/** Lets a learner's code, which lives nowhere near them, import the packages that the kernel has. */
export function sharePackages(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const isBare = !/^[./#]|^\w+:/.test(specifier);
      const isTheirs = context.parentURL?.startsWith('file:///tmp/');
      return next(specifier, isBare && isTheirs ? { ...context, parentURL: import.meta.url } : context);
    },
  });
}
