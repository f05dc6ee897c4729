// Package ratelimit est un limiteur de débit pour passerelle d'API, en trois étapes.
//
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
package ratelimit

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
	scripts "rate-limiting/lua-scripts"
)

// #region verifier

// Decision est la réponse du limiteur : WaitMs vaut 0 quand la requête est admise.
type Decision struct {
	Admitted  bool
	Remaining int64
	WaitMs    int64
}

// Check compte une requête de client et dit si elle passe.
func Check(ctx context.Context, rdb redis.Scripter, client string, limit, windowMs int) (Decision, error) {
	key := fmt.Sprintf("rl:{%s}", client)
	return decision(rdb.Eval(ctx, source("fixed-window"), []string{key}, limit, windowMs))
}

func decision(reply *redis.Cmd) (Decision, error) {
	values, err := reply.Int64Slice()
	if err != nil {
		return Decision{}, err
	}
	if len(values) != 3 {
		return Decision{}, fmt.Errorf("réponse inattendue du script : %v", values)
	}
	return Decision{Admitted: values[0] == 1, Remaining: values[1], WaitMs: values[2]}, nil
}

// #endregion verifier

func source(name string) string {
	text, err := scripts.Files.ReadFile(name + ".lua")
	if err != nil {
		panic(err) // le script est dans le binaire : son absence est une faute de programmation
	}
	return string(text)
}
