// A database in memory, for openQueue: what idb answers, without transactions.
export async function openMemory(_name, _version, { upgrade }) {
  const stores = new Map();
  upgrade({ createObjectStore: (name, options) => stores.set(name, storeOf(options?.keyPath)) });
  return {
    transaction: (names) => ({
      store: stores.get([names].flat()[0]), objectStore: (name) => stores.get(name), done: Promise.resolve(),
    }),
    get: (name, key) => stores.get(name).get(key),
    getAll: (name) => stores.get(name).getAll(),
    put: (name, value, key) => stores.get(name).put(value, key),
    delete: (name, key) => stores.get(name).delete(key),
  };
}

function storeOf(keyPath) {
  const rows = new Map();
  return {
    get: async (key) => rows.get(key),
    getAll: async () => [...rows.values()],
    put: async (value, key) => { rows.set(keyPath ? value[keyPath] : key, value); },
    delete: async (key) => { rows.delete(key); },
  };
}

// What localStorage is.
export function storageOf() {
  const rows = new Map();
  return {
    get length() { return rows.size; },
    key: (at) => [...rows.keys()][at],
    getItem: (name) => rows.get(name) ?? null,
    setItem: (name, value) => { rows.set(name, String(value)); },
    removeItem: (name) => { rows.delete(name); },
  };
}
