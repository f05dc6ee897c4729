// Package leaderboard tient le classement d'un jeu. Étape 1 : un sorted set, le meilleur score de chacun.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
package leaderboard

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// Line est une ligne du classement. Le premier rang est 1 ; le rang 0 dit que le joueur n'a pas joué.
type Line struct {
	Rank   int64
	Player string
	Points int64
}

// #region soumettre

// Submit retient le meilleur score du joueur et dit si celui-ci l'est. Un score plus bas, ou rejoué, ne change rien.
func Submit(ctx context.Context, client redis.UniversalClient, board, player string, points int64) (bool, error) {
	best := redis.ZAddArgs{GT: true, Ch: true, Members: []redis.Z{{Score: float64(points), Member: player}}}
	changed, err := client.ZAddArgs(ctx, board, best).Result()
	return changed == 1, err
}

// #endregion soumettre

// #region lire

// Page rend une page du classement, à partir du meilleur.
func Page(ctx context.Context, client redis.UniversalClient, board string, from, count int64) ([]Line, error) {
	found, err := client.ZRevRangeWithScores(ctx, board, from, from+count-1).Result()
	return lines(found, from, func(score float64) int64 { return int64(score) }), err
}

// RankOf rend le rang et les points d'un joueur, en une commande ; le rang 0 s'il n'a jamais joué.
func RankOf(ctx context.Context, client redis.UniversalClient, board, player string) (Line, error) {
	found, err := client.ZRevRankWithScore(ctx, board, player).Result() // Redis 7.2
	if errors.Is(err, redis.Nil) {
		return Line{Player: player}, nil
	}
	return Line{found.Rank + 1, player, int64(found.Score)}, err
}

// #endregion lire

func lines(found []redis.Z, from int64, points func(float64) int64) []Line {
	made := make([]Line, len(found))
	for n, one := range found {
		player, _ := one.Member.(string)
		made[n] = Line{from + int64(n) + 1, player, points(one.Score)}
	}
	return made
}
