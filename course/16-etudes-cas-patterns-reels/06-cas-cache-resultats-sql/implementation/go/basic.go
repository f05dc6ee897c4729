// Cache de résultats SQL, étape 1 : lire le cache, sinon la base, puis remplir le cache.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region cle

// KeyOf nomme une entrée : la requête et ses paramètres, rangés, pour que deux écritures du même appel se rejoignent.
func KeyOf(query string, parameters url.Values) string {
	return "q:" + query + ":" + parameters.Encode()
}

// #endregion cle

// #region lire

// Cached rend le résultat gardé sous ce nom ; à défaut, celui de `load`, gardé pour les suivants.
func Cached[T any](ctx context.Context, client redis.Cmdable, key string, ttl time.Duration, load func(context.Context) (T, error)) (T, error) {
	var value T
	text, err := client.Get(ctx, key).Bytes()
	if err == nil { // redis.Nil est une absence ; "0", "[]" et "null" n'en sont pas
		return value, json.Unmarshal(text, &value)
	}
	value, err = load(ctx) // Redis absent : on calcule, rien de plus
	if err != nil {
		return value, err
	}
	if text, err := json.Marshal(value); err == nil {
		client.Set(ctx, key, text, ttl)
	}
	return value, nil
}

// #endregion lire
