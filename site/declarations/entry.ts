/** What cells and labs import: the closure of these declarations is what the editor knows. */
import 'ioredis';
import 'node:crypto';
import 'node:timers/promises';
